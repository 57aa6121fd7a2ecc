/** Needs Node: for commands and services. */
export { LOCK_FILE, lockFile, lockFolder, type FolderLock } from "./folder-lock-node.ts";
