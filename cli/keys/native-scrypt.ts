import { scrypt as nodeScrypt } from "node:crypto";

import { getBytes, scrypt } from "ethers";

const MARGIN_BYTES = 1 << 20;

/** Has ethers derive keystore keys with Node's own scrypt, which is several times faster than its JavaScript. */
export function useNativeScrypt(): void {
  if (registered) return;
  registered = true;
  scrypt.register((password, salt, N, r, p, length) => {
    const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + MARGIN_BYTES };
    return new Promise((resolve, reject) => {
      nodeScrypt(getBytes(password), getBytes(salt), length, options, (error, key) => {
        if (error === null) resolve(`0x${key.toString("hex")}`);
        else reject(error);
      });
    });
  });
}

let registered = false;
