/** Reads the `build` sections of a project: the definitions, and hashes of the files that they depend on. */
import { isAbsolute, relative, resolve } from "node:path";
import { readContent } from "../compose/source/file-contents.js";
import type { Build, Project } from "../compose/types.js";
import type { FolderEntry } from "../engine/files/list-folder.js";
import { K2Error } from "../shared/errors.js";
import type { PlannedBuild } from "../model/kinds.js";

/** Returns the builds of all services that have one. Paths in inputs are relative to `base`. */
export async function readBuilds(
  project: Project,
  base: string,
  read: (path: string) => Promise<Buffer>,
): Promise<Record<string, PlannedBuild>> {
  const builds: Record<string, PlannedBuild> = {};
  for (const [name, service] of Object.entries(project.services)) {
    const { build, platform } = service;
    if (build) builds[name] = await readBuild(project, name, build, platform, base, read);
  }
  return builds;
}

async function readBuild(
  project: Project,
  name: string,
  definition: Build,
  platform: string | undefined,
  base: string,
  read: (path: string) => Promise<Buffer>,
): Promise<PlannedBuild> {
  const at = project.positionOf(`services.${name}.build`);
  // Loaded only for projects with builds.
  const [{ contextHashes, wholeHash }, { readSources }, { isRemote }] = await Promise.all([
    import("../engine/files/content-hash.js"),
    import("../engine/builder/build-sources.js"),
    import("../engine/builder/definition.js"),
  ]);
  const secrets = await secretsOf(project, definition, read);
  const given = Object.fromEntries(
    Object.entries(secrets).map(([source, content]) => [source, Buffer.from(content)]),
  );
  const sshAgent = project.environment.SSH_AUTH_SOCK;
  const { folders } = await readSources(definition, { secrets: given, ...(sshAgent && { sshAgent }) }).catch(
    (cause: unknown) => {
      throw K2Error.is(cause)
        ? new K2Error(cause.code, `services.${name}.build: ${cause.what}`, { at, hint: cause.hint, cause })
        : cause;
    },
  );
  const files: Record<string, string> = {};
  for (const [folder, entries] of Object.entries(folders)) {
    const hashes = await contextHashes(onlyFiles(entries));
    const prefix = folder === "context" ? "" : `${folder}: `;
    if (Object.keys(hashes).length > maxListedFiles)
      files[`${prefix}(${Object.keys(hashes).length} files)`] = wholeHash(hashes);
    else for (const [path, hash] of Object.entries(hashes)) files[prefix + path] = hash;
  }
  const { secrets: _secrets, ssh, ...shown } = definition;
  const inputs = {
    ...shown,
    context: isRemote(definition.context) ? definition.context : relativeTo(base, definition.context),
    ...(definition.dockerfile && {
      dockerfile: isAbsolute(definition.dockerfile)
        ? relativeTo(base, definition.dockerfile)
        : definition.dockerfile,
    }),
    ...(definition.additional_contexts && {
      additional_contexts: Object.fromEntries(
        Object.entries(definition.additional_contexts).map(([name, context]) => [
          name,
          isRemote(context) || context.startsWith("service:") ? context : relativeTo(base, context),
        ]),
      ),
    }),
    files,
  };
  // An image for a service with a platform is built for that platform only. Inputs omit it: the image's inputs contain it.
  return {
    inputs,
    definition: { ...definition, ...(platform !== undefined && { platforms: [platform] }) },
    secrets,
    ...(sshAgent && { sshAgent }),
  };
}

/** More files than this are represented by one hash, so that the state does not list a whole repository. */
const maxListedFiles = 200;

/** Removes folders, which matter only through the files in them. */
function onlyFiles(entries: readonly FolderEntry[]): FolderEntry[] {
  return entries.filter(({ kind }) => kind !== "folder");
}

async function secretsOf(
  project: Project,
  { secrets = [] }: Build,
  read: (path: string) => Promise<Buffer>,
): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const { source } of secrets) {
    const object = project.secrets[source];
    if (object) contents[source] = await readContent(project, `secrets.${source}`, object, read);
  }
  return contents;
}

function relativeTo(base: string, path: string): string {
  const inside = relative(base, resolve(path)) || ".";
  return inside.startsWith("..") ? path : inside;
}
