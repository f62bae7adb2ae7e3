/** Compose files of tests that need containers, but nothing of what they do. */

/** Ends at once when it is told to: nobody waits for a grace period. */
export const idle = `image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL`;
