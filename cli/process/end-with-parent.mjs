/** Preloaded into every child process: when the parent dies, however it dies, the child stops as if it were told to. */
if (process.channel !== undefined) {
  process.channel.unref();
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
