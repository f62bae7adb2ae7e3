/** A service for tests that need containers but not their output. */

/** Stops at once, so that tests do not wait for the grace period. */
export const idle = `image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL`;
