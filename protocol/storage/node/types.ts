/** Where the node reports; a pino logger fits. */
export interface NodeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface IpfsNodeOptions {
  /** Folder for blocks and pins; made when absent. */
  dataDir: string;
  /** Interface to listen on. Anything but loopback needs a token. */
  host?: string;
  /** 0 takes a free port. */
  port?: number;
  /** Bearer token that every RPC call must carry. The gateway only reads public content and needs none. */
  token?: string;
  /** Largest request body. Bytes. */
  maxUploadBytes?: number;
  /** Largest block that is stored. Bytes. */
  maxBlockBytes?: number;
  /** Origins of web pages that may call the RPC, such as http://localhost:3000. */
  allowedOrigins?: readonly string[];
  log?: NodeLog;
}

export interface IpfsNode {
  /** Base address of the RPC: what a Kubo client is given. */
  url: string;
  /** Base address of the trustless gateway. */
  gatewayUrl: string;
  /** Ends within a few seconds, also with connections open; what was acknowledged is on disk. */
  stop(): Promise<void>;
}
