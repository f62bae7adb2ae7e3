import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { pastRuns, withStates } from "../../../cli/history/past-runs.js";
import { cli } from "../../support/cli/cli-run.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const unexpected = (text: string) => assert.fail(text);

const stackOf = (backend: string, folder: string) => ({ backend, project: "shop", name: "dev", folder });

describe("past runs of a backend", () => {
  it("must be numbered by time, without runs that cannot have changed anything", async () => {
    const folder = temporaryFolder("history");
    const history = join(folder, ".pulumi/history/shop/dev");
    const write = (moment: number, what: object, changes?: object) => {
      const stem = join(history, `dev-17952608${moment}0953949927`);
      mkdirSync(history, { recursive: true });
      writeFileSync(
        `${stem}.history.json.gz`,
        gzipSync(JSON.stringify({ ...what, resourceChanges: changes })),
      );
      writeFileSync(`${stem}.checkpoint.json.gz`, gzipSync(JSON.stringify({ checkpoint: { at: moment } })));
    };
    const well = { result: "succeeded", message: "" };
    write(3, { ...well, kind: "update" }, { same: 7 });
    write(1, { ...well, kind: "update" }, { create: 7 });
    write(4, { kind: "update", result: "failed", message: "oh" }, { same: 7 });
    write(2, { ...well, kind: "refresh" }, { update: 1 });
    write(5, { ...well, kind: "destroy" }, { delete: 7 });
    const runs = await pastRuns(stackOf(`file://${folder}`, folder), {}, unexpected);
    assert.deepEqual(
      runs.map(({ number, result, message }) => [number, result, message]),
      [
        [1, "succeeded", ""],
        [4, "failed", "oh"],
        [5, "succeeded", ""],
      ],
    );
    assert.deepEqual(await runs[1]!.document(), { checkpoint: { at: 4 } });
    assert.equal(runs[0]!.ended.toISOString(), new Date(1795260810953).toISOString());
    assert.deepEqual(await pastRuns(stackOf(`file://${folder}/none`, folder), {}, unexpected), []);
  });

  it("must leave out a run whose files are cut, and name them", async () => {
    const folder = temporaryFolder("history");
    const history = join(folder, ".pulumi/history/shop/dev");
    mkdirSync(history, { recursive: true });
    const write = (moment: number, what: string, text: string) =>
      writeFileSync(join(history, `dev-17952608${moment}0953949927.${what}.json`), text);
    for (const moment of [1, 2, 3]) {
      write(moment, "history", JSON.stringify({ kind: "update", result: "failed" }));
      write(moment, "checkpoint", JSON.stringify({ checkpoint: {} }));
    }
    write(1, "history", "");
    write(2, "checkpoint", '{"checkp');
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    const runs = await withStates(await pastRuns(stackOf(`file://${folder}`, folder), {}, warn), warn);
    assert.deepEqual(
      runs.map(({ run }) => run.number),
      [3],
    );
    for (const [at, name] of ["1795260810953949927.history", "1795260820953949927.checkpoint"].entries())
      assert.match(
        warnings[at]!,
        new RegExp(`^${history}/dev-${name}\\.json: .* cannot be read \\(.*left out$`),
      );
  });

  // Pulumi Cloud is not available here, so a script prints what its CLI prints (`updateInfoJSON` in its sources).
  it("must be Pulumi Cloud's versions, read through its CLI", async () => {
    const folder = temporaryFolder("cloud");
    const history = [
      { version: 9, kind: "refresh", startTime: "2026-11-21T10:00:00.000Z", result: "succeeded" },
      {
        ...{ version: 8, kind: "update", startTime: "2026-11-20T10:00:00.000Z", message: "rollback to 3" },
        ...{
          endTime: "2026-11-20T10:00:30.000Z",
          result: "succeeded",
          resourceChanges: { update: 2, same: 5 },
        },
      },
      { version: 3, kind: "update", startTime: "2026-11-19T10:00:00.000Z", result: "succeeded" },
    ];
    const script = `#!/bin/sh\nif [ "$2" = history ]; then cat <<'END'\n${JSON.stringify(history)}\nEND
else echo "{\\"deployment\\": {\\"said\\": \\"$*\\"}}"; fi\n`;
    const program = join(folder, "bin/pulumi");
    mkdirSync(dirname(program));
    writeFileSync(program, script, { mode: 0o755 });
    const env = { PATH: `${dirname(program)}:/usr/bin:/bin`, HOME: folder, PULUMI_ACCESS_TOKEN: "none" };
    const runs = await pastRuns(stackOf("https://api.pulumi.com", folder), env, unexpected);
    assert.deepEqual(
      runs.map(({ number, message, ended }) => [number, message, ended.toISOString()]),
      [
        [3, "", "2026-11-19T10:00:00.000Z"],
        [8, "rollback to 3", "2026-11-20T10:00:30.000Z"],
      ],
    );
    const output = JSON.stringify([await runs[0]!.document(), await runs[0]!.decrypted()]);
    assert.match(output, /stack export --version 3 --stack dev/);
    assert.match(output, /stack export --version 3 --show-secrets --stack dev/);
  });
});

describe("a failure of Pulumi", () => {
  it("must not be reported as a wrong command line", async () => {
    const home = temporaryFolder("pulumi");
    const program = join(home, "bin/pulumi");
    mkdirSync(dirname(program));
    mkdirSync(join(home, ".k2-compose/projects/shop"), { recursive: true });
    writeFileSync(program, "#!/bin/sh\necho 'error: getting stack: 503' >&2; exit 255\n", { mode: 0o755 });
    const env = {
      ...{ PATH: `${dirname(program)}:/usr/bin:/bin`, HOME: home },
      ...{ PULUMI_BACKEND_URL: "https://api.pulumi.com", PULUMI_ACCESS_TOKEN: "none" },
    };
    const { code, stderr } = await cli(["-p", "shop", "forget-host", "a", "-y"], { cwd: home, env });
    assert.equal(stderr, "error: shop: pulumi stack export: getting stack: 503\n");
    assert.equal(code, 1);
  });
});
