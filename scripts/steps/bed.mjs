import { aptInstall, isDebianRoot } from "../support/debian.mjs";
import { debianImages } from "../support/debian-images.mjs";
import { which } from "../support/process.mjs";
import { victoriaMetrics } from "../support/victoria-metrics.mjs";
import { pythonCompose } from "./python-compose.mjs";

// Program -> Debian package.
const needed = {
  dockerd: "docker.io",
  ip: "iproute2",
  iptables: "iptables",
  nsenter: "util-linux",
  openssl: "openssl",
};

// The terminal emulator, and the shells whose completion is tested in it.
const terminals = { tmux: "tmux", zsh: "zsh", fish: "fish" };

/** For the tests of terminal output. */
export async function terminalPrograms(progress) {
  const missing = Object.keys(terminals).filter((program) => !which(program));
  if (missing.length === 0) return "present";
  if (!isDebianRoot()) return `MISSING: ${missing.join(", ")}: tests that need them are SKIPPED`;
  await aptInstall(
    missing.map((program) => terminals[program]),
    progress,
  );
  return `installed ${missing.join(", ")}`;
}

/** Programs that create the test bed. If they are not available, bed.ts reports it and skips its tests. */
export async function bedPrograms(progress) {
  if (process.env.K2_TEST_HOSTS) return "not needed: K2_TEST_HOSTS is set";
  const missing = Object.keys(needed).filter((program) => !which(program));
  if (missing.length > 0 && isDebianRoot()) {
    console.log(`The test bed needs ${missing.join(", ")}: installing from the distribution.`);
    await aptInstall(
      missing.map((program) => needed[program]),
      progress,
    );
    return `installed ${missing.join(", ")}`;
  }
  return missing.length > 0 ? `MISSING: ${missing.join(", ")}` : "present";
}

export async function testImages(progress) {
  await debianImages(progress);
  return "packed from Debian's packages";
}

/** For the tests of the agent. */
export async function metricsDatabase(progress) {
  return (await victoriaMetrics(progress)) ? "present" : "MISSING: tests that need it are SKIPPED";
}

/** For the tests that adopt the agent's deployments. */
export async function oldCompose(progress) {
  return (await pythonCompose(progress)) ? "1.29.2 of Debian" : "MISSING: tests that need it are SKIPPED";
}
