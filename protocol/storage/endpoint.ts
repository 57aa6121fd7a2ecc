import { ConfigurationError } from "@orion/protocol/common";

/** How to reach an IPFS node over HTTP. */
export interface Endpoint {
  /** Origin and path without a trailing slash. */
  base: string;
  /** For messages: without anything secret. */
  shown: string;
  headers: Record<string, string>;
}

/**
 * @param kind "RPC" or "gateway", for messages
 * @throws ConfigurationError for anything that is no plain http(s) address
 */
export function parseEndpoint(url: string, kind: string, token?: string): Endpoint {
  const hint = "give it as http://127.0.0.1:5001, and a token separately";
  if (!URL.canParse(url)) {
    throw new ConfigurationError(`the IPFS ${kind} address ${JSON.stringify(url)} is not a URL`, { hint });
  }
  const parsed = new URL(url);
  const shown = `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, "")}`;
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new ConfigurationError(`the IPFS ${kind} address ${shown} is not http or https`, { hint });
  }
  if (parsed.username !== "" || parsed.password !== "" || parsed.search !== "" || parsed.hash !== "") {
    throw new ConfigurationError(`the IPFS ${kind} address ${shown} carries a password or a query`, { hint });
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigurationError("the IPFS token is empty or holds characters that no HTTP header can carry");
  }
  return { base: shown, shown, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
}
