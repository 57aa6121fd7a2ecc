/** Needs Node: for commands and services. */
export { LOCK_FILE, lockFolder, type FolderLock } from "./folder-lock-node.ts";
