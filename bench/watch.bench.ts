/** `watch` beside docker compose's: the time from a saved file to its effect in the container. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { startBed } from "../test/support/bed/bed.js";
import { containersOf, removeProject, writtenAt } from "../test/support/bed/http-engine.js";
import { type ComposeFolder, createComposeFolder } from "../test/support/cli/compose-folder.js";
import { addTo } from "../provider/shared/grouped.js";
import { composeOracle } from "../test/support/scripts.js";
import { median, report, type Row, runs } from "./measure.js";

const file = `services:
  web:
    image: k2-bench/watched:1
    build: .
    command: sleep 3600
    stop_signal: SIGKILL
    develop:
      watch:
        - { action: sync, path: ./page, target: /page }
        - { action: sync+restart, path: ./conf, target: /conf }
        - { action: rebuild, path: ./asset }
`;

/** The saved file of each action. The effects are visible to any client of the engine. */
const saved = { sync: "page/index", "sync+restart": "conf/settings", rebuild: "asset" };
type Action = keyof typeof saved;

const bed = await startBed({ hosts: ["a"] });
const host = bed.hosts.a!;
const actions = Object.keys(saved) as Action[];
try {
  report("watch", await measure());
} finally {
  await bed.close();
}
process.exit();

async function measure(): Promise<Row[]> {
  const [compose, k2] = [await watching("theirs"), await watching("ours")];
  const times = new Map<string, number[]>();
  try {
    for (let run = 0; run < runs; run++)
      for (const action of actions)
        for (const watcher of [compose, k2]) {
          addTo(times, watcher.name + action, await watcher.saved(action, run));
        }
  } finally {
    for (const watcher of [compose, k2]) await watcher.close();
  }
  const shown = (name: string, action: Action) => `${median(times.get(name + action)!).toFixed(2)} s`;
  return actions.map((action) => ({
    what: `${action}: from the saved file to its effect`,
    ...{ compose: shown("theirs", action), k2: shown("ours", action) },
  }));
}

interface Watcher {
  name: string;
  /** Saves the file of an action, and returns the seconds until the engine shows the effect. */
  saved(action: Action, run: number): Promise<number>;
  close(): Promise<void>;
}

async function watching(name: "ours" | "theirs"): Promise<Watcher> {
  const place = createComposeFolder(name, {
    files: {
      "compose.yml": file,
      Dockerfile: "FROM k2-test/busybox:1\nCOPY asset /asset\n",
      ...Object.fromEntries(actions.map((action) => [saved[action], "first"])),
    },
    // The engine's own builder, for both.
    env: { DOCKER_HOST: host.address, DOCKER_BUILDKIT: "0" },
  });
  const child = await started(place, name === "ours" ? place.launcher : [composeOracle()!]);
  return {
    name,
    saved: async (action, run) => {
      const before = await shownFor(place, action);
      const begin = performance.now();
      place.write(saved[action], `${run}`);
      for (let now = before; now === before || now === ""; now = await shownFor(place, action))
        await sleep(5);
      const taken = (performance.now() - begin) / 1000;
      // The next change must not be part of this one.
      await sleep(2_000);
      return taken;
    },
    close: async () => {
      child.kill("SIGINT");
      await new Promise((resolve) => child.on("close", resolve));
      await removeProject(host, place.project);
      await place.close();
    },
  };
}

async function started(place: ComposeFolder, [program, ...first]: string[]): Promise<ChildProcess> {
  const child = spawn(program!, [...first, "watch"], { cwd: place.folder, env: place.env });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => {
        text += part.toString();
        if (/Watch enabled|^Watching /m.test(text)) resolve();
      });
    child.on("close", () => reject(new Error(`${program} watch ended:\n${text}`)));
  });
  return child;
}

/** The part of the container that an action changes; "" while there is no running container. */
async function shownFor({ project }: ComposeFolder, action: Action): Promise<string> {
  const [web] = (await containersOf(host, project)).filter(({ State }) => State.Status === "running");
  if (web === undefined) return "";
  if (action === "sync") return String(await writtenAt(host, web.Id, "/page/index").catch(() => 0));
  return action === "rebuild" ? web.Id : web.State.StartedAt;
}
