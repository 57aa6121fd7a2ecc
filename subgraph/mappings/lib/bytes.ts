import { Address, BigInt, ByteArray, Bytes, crypto, ethereum } from "@graphprotocol/graph-ts";

/** A number as `size` bytes, most significant first; only its lowest bytes where it is larger. Never fails, unlike the library's own casts. */
export function fixed(value: BigInt, size: i32): Bytes {
  const out = new Bytes(size);
  // Two's complement, least significant byte first; beyond its length the sign goes on.
  const sign: u8 = value.length > 0 && value[value.length - 1] >= 128 ? 255 : 0;
  for (let i = 0; i < size; i++) out[size - 1 - i] = i < value.length ? value[i] : sign;
  return out;
}

/** A number as the 32 bytes that the chain hashes. */
export function word(value: BigInt): Bytes {
  return fixed(value, 32);
}

/** An address as the 32 bytes that the chain hashes. */
export function addressWord(address: Address): Bytes {
  const out = new Bytes(32);
  for (let i = 0; i < 12; i++) out[i] = 0;
  for (let i = 0; i < address.length && i < 20; i++) out[12 + i] = address[i];
  return out;
}

export function keccak(a: Bytes, b: Bytes): Bytes {
  return Bytes.fromByteArray(crypto.keccak256(changetype<ByteArray>(a.concat(b))));
}

/** Id of an event's entity: block number (8 bytes) and log index (4 bytes), so that ids sort as the chain does. */
export function eventId(event: ethereum.Event): Bytes {
  return fixed(event.block.number, 8).concat(fixed(event.logIndex, 4));
}

const HEX = "0123456789abcdef";
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Text in bytes that anyone may have chosen: printable ASCII as it stands, other bytes as \xNN, zeros at the end left out. */
export function readable(bytes: Bytes): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] == 0) end--;
  let text = "";
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] as i32;
    if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += "\\x" + HEX.charAt(byte >> 4) + HEX.charAt(byte & 15);
  }
  return text;
}

/** CID v1, dag-cbor, of a sha2-256 digest, in base 32. */
export function dagCid(digest: Bytes): string {
  return cidOf(digest, 0x71);
}

function cidOf(digest: Bytes, codec: u8): string {
  const prefix = new Bytes(4);
  prefix[0] = 1;
  prefix[1] = codec;
  prefix[2] = 0x12;
  prefix[3] = 0x20;
  return "b" + base32(prefix.concat(digest));
}

function base32(bytes: Bytes): string {
  let text = "";
  let bits: u32 = 0;
  let held = 0;
  for (let i = 0; i < bytes.length; i++) {
    bits = (bits << 8) | bytes[i];
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += BASE32.charAt((bits >> held) & 31);
    }
    bits &= (1 << held) - 1;
  }
  if (held > 0) text += BASE32.charAt((bits << (5 - held)) & 31);
  return text;
}
