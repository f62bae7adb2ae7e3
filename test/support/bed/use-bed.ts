import { after, before } from "node:test";
import { startBed, type Bed, type BedOptions } from "./bed.js";
import { type BedHost } from "./bed-engine.js";
import { type ComposeFolder, type ComposeFolderOptions, createComposeFolder } from "../cli/compose-folder.js";
import { engine, removeProject } from "./http-engine.js";
import { createWorkspace, type Workspace, type WorkspaceOptions } from "../cli/workspace.js";

/** Engines and projects of one `describe`; everything is removed when it ends. */
export interface TestBed {
  host(name: string): BedHost;
  workspace(name: string, options?: WorkspaceOptions): Promise<Workspace>;
  folder(name: string, options?: ComposeFolderOptions): ComposeFolder;
  /** Runs the action at the end, while the engines still run; a hook `after` runs when they may have ended. */
  cleanUp(action: () => Promise<unknown>): void;
}

/** Must be called inside a `describe` that is skipped with `bedMissing()`. */
export function useBed(options: BedOptions): TestBed {
  let bed: Bed | undefined;
  const open: (Workspace | ComposeFolder)[] = [];
  const cleanUps: (() => Promise<unknown>)[] = [];
  before(async () => {
    bed = await startBed(options);
  });
  after(async () => {
    const hosts = Object.values(bed?.hosts ?? {});
    if (bed !== undefined) for (const action of cleanUps) await action();
    for (const workspace of open) {
      await workspace.close();
      if (process.env.K2_KEEP_FAILED && process.exitCode) continue;
      for (const host of hosts) await removeProject(host, workspace.project);
    }
    await bed?.close();
  });
  return {
    host: (name) => bed!.hosts[name]!,
    workspace: async (name, settings) => {
      const workspace = await createWorkspace(name, settings);
      open.push(workspace);
      return workspace;
    },
    folder: (name, settings) => {
      const folder = createComposeFolder(name, settings);
      open.push(folder);
      return folder;
    },
    cleanUp: (action) => void cleanUps.push(action),
  };
}

/** Tags an image under another name, as if it had been built or pulled, without a registry. */
export async function retag(host: BedHost, image: string, name: string): Promise<void> {
  const colon = name.lastIndexOf(":");
  const [repo, tag] = [name.slice(0, colon), name.slice(colon + 1)];
  await engine(host, "POST", `/images/${image}/tag?repo=${encodeURIComponent(repo)}&tag=${tag}`);
}

/** Names of resources of a kind, "redis@a", from URNs. */
export function named(kind: string, steps: { urn: string }[]): string[] {
  return steps.flatMap(({ urn }) => (urn.includes(`k2:${kind}::`) ? [urn.split("::").pop()!] : []));
}
