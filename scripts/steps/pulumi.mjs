import { copyFileSync, chmodSync, existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { buildFromGo, hasGo } from "../support/go.mjs";
import { root } from "../support/paths.mjs";
import { isExecutable, run, which } from "../support/process.mjs";
import { SetupError } from "../support/step.mjs";

const version = "3.259.0";
const languageHostSdk = "v3.68.0";
const languageHostBinary = `pulumi-language-nodejs-${languageHostSdk}`;

/**
 * This version has a flag that does what later versions read from the project's `typescript: false`, which saves 0.25 s
 * a run.
 */
const languageHostScript = `#!/bin/sh
grep -q "typescript: false" Pulumi.yaml 2>/dev/null && set -- -typescript=false "$@"
exec "$(dirname "$0")/${languageHostBinary}" "$@"
`;

/**
 * Returns the folder of the Pulumi CLI: on PATH, or in the folder of npm's `pulumi` package, of this script or of
 * Pulumi's installer.
 */
export function pulumiBin() {
  const onPath = which("pulumi");
  if (onPath) return dirname(onPath);
  return [ownBin(), join(pulumiHome(), "bin")].find((folder) => isExecutable(join(folder, "pulumi")));
}

export async function pulumi(progress) {
  const found = pulumiBin();
  if (found && (found !== ownBin() || isComplete())) return whatIs(found);
  progress(`downloading ${version}`);
  // npm's package downloads the official release into ownBin().
  const fetch = ["exec", "--yes", "--", `pulumi@${version}`, "version"];
  const download = await run("npm", fetch, { allowFailure: true, cwd: homedir() });
  if (download.code === 0 && isComplete()) return `${version} downloaded to ${tilde(ownBin())}`;
  if (!hasGo()) {
    const reason = download.stderr.trim().split("\n").at(-1);
    throw new SetupError(
      `The Pulumi CLI is missing, and its download failed${reason && ` (${reason})`}. Install it ` +
        "(https://www.pulumi.com/docs/install) so that `pulumi` is on PATH, or install Go 1.25 or newer, and run this again.",
    );
  }
  await buildPulumi(join(ownBin(), "pulumi"), progress);
  return `${version} built from Go modules in ${tilde(ownBin())}`;
}

async function whatIs(folder) {
  // A CLI in our own folder has a known version, which saves a second.
  if (folder === ownBin()) return `${version} from ${tilde(folder)}`;
  return `${await versionOf(join(folder, "pulumi"))} from ${which("pulumi") ? "PATH" : tilde(folder)}`;
}

async function buildPulumi(own, progress) {
  const cli = {
    name: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    requires: {
      "github.com/pulumi/pulumi/pkg/v3": `v${version}`,
      "github.com/pulumi/pulumi/sdk/v3": `v${version}`,
    },
    // The only replacement in Pulumi's own go.mod that refers to a path outside its repository.
    replaces: {
      "github.com/atotto/clipboard": "github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e",
    },
    ldflags: versionFlag(version),
    output: own,
  };
  // The last SDK version whose module contains the language host; it also works with newer CLIs.
  const languageHost = {
    name: "pulumi-language-nodejs",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    requires: { "github.com/pulumi/pulumi/sdk/v3": languageHostSdk },
    ldflags: versionFlag(languageHostSdk.slice(1)),
    output: join(ownBin(), languageHostBinary),
  };
  await buildFromGo(languageHost, progress);
  await buildFromGo(cli, progress);
  writeFileSync(join(ownBin(), "pulumi-language-nodejs"), languageHostScript, { mode: 0o755 });
  // The SDK contains the launcher of dynamic providers as a shell script.
  const launcher = join(ownBin(), "pulumi-resource-pulumi-nodejs");
  copyFileSync(join(root, "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs"), launcher);
  chmodSync(launcher, 0o755);
}

function versionFlag(text) {
  return `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${text}`;
}

function isComplete() {
  const programs = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];
  return programs.every((name) => existsSync(join(ownBin(), name)));
}

function ownBin() {
  return join(pulumiHome(), "versions", version, "bin");
}

function pulumiHome() {
  return process.env.PULUMI_HOME || join(homedir(), ".pulumi");
}

async function versionOf(binary) {
  const { stdout } = await run(binary, ["version"], {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" },
  });
  return stdout.trim().replace(/^v/, "");
}

function tilde(path) {
  return path.startsWith(homedir()) ? `~${path.slice(homedir().length)}` : path;
}
