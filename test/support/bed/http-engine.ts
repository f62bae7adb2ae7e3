import { engineRequest } from "../scripts.js";

/** An engine as tests access it: by plain HTTP, without the client under test. */
export interface EngineUnderTest {
  socket: string;
}

export interface ContainerInfo {
  Id: string;
  Name: string;
  Image: string;
  RestartCount: number;
  Created: string;
  State: { Status: string; ExitCode: number; StartedAt: string; Health?: { Status: string } };
  Config: { Image: string; Labels: Record<string, string>; Env: string[]; Cmd: string[] };
}

/**
 * Sends a request to the host's socket, which also works while the host is disconnected. Throws unless it succeeds.
 */
export async function engine<Answer = unknown>(
  host: EngineUnderTest,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const request = body === undefined ? {} : { body: JSON.stringify(body), type: "application/json" };
  const { status, text } = await engineRequest({ address: host.socket }, method, path, {
    ...request,
    deadlineMs: 120_000,
  });
  if (status >= 300 && status !== 304) throw new Error(`${method} ${path}: ${status} ${text.trim()}`);
  return answerOf(text) as Answer;
}

/** Streams (pull, push) contain one message per line. */
function answerOf(text: string): unknown {
  const lines = text.trim().split("\n").filter(Boolean);
  return lines.length > 1
    ? lines.map((line) => JSON.parse(line) as unknown)
    : lines[0] && JSON.parse(lines[0]);
}

/** Inspects the project's containers, running or not, sorted by name. */
export async function containersOf(host: EngineUnderTest, project: string): Promise<ContainerInfo[]> {
  const found = await engine<{ Id: string }[]>(
    host,
    "GET",
    `/containers/json?all=1&filters=${labelFilter(project)}`,
  );
  const containers = await Promise.all(
    found.map(({ Id }) =>
      engine<ContainerInfo>(host, "GET", `/containers/${Id}/json`).catch((error: Error) => {
        // The container was removed after it was listed.
        if (/: 404 /.test(error.message)) return [];
        throw error;
      }),
    ),
  );
  return containers
    .flat()
    .map((one) => ({ ...one, Name: one.Name.slice(1) }))
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

/** Returns the modification time of a file in a container, in milliseconds. */
export async function writtenAt(host: EngineUnderTest, id: string, path: string): Promise<number> {
  const url = `/containers/${id}/archive?path=${encodeURIComponent(path)}`;
  const { status, headers } = await engineRequest({ address: host.socket }, "HEAD", url);
  if (status !== 200) throw new Error(`HEAD ${url}: ${status}`);
  const stat = Buffer.from(headers["x-docker-container-path-stat"]!, "base64").toString();
  return Date.parse((JSON.parse(stat) as { mtime: string }).mtime);
}

export async function networksOf(host: EngineUnderTest, project: string): Promise<string[]> {
  const found = await engine<{ Name: string }[]>(host, "GET", `/networks?filters=${labelFilter(project)}`);
  return found.map(({ Name }) => Name).sort();
}

/**
 * Returns the networks that a `down` should have removed, without those that the engine refuses to remove although
 * they have no containers: docs/decisions/miscounted-networks.md.
 */
export async function networksLeft(host: EngineUnderTest, project: string): Promise<string[]> {
  const names = await networksOf(host, project);
  const gone = await Promise.all(names.map((name) => removeUnlessMiscounted(host, name)));
  return names.filter((_, at) => gone[at]);
}

/** Removes a network. Returns false if the engine has miscounted its containers. */
export async function removeUnlessMiscounted(host: EngineUnderTest, name: string): Promise<boolean> {
  try {
    await engine(host, "DELETE", `/networks/${name}`);
    return true;
  } catch (error) {
    const { Containers } = await engine<{ Containers: object }>(host, "GET", `/networks/${name}`);
    if (Object.keys(Containers).length > 0 || !/has active endpoints/.test(String(error))) throw error;
    return false;
  }
}

export async function volumesOf(host: EngineUnderTest, project: string): Promise<string[]> {
  const found = await engine<{ Volumes: { Name: string }[] | null }>(
    host,
    "GET",
    `/volumes?filters=${labelFilter(project)}`,
  );
  return (found.Volumes ?? []).map(({ Name }) => Name).sort();
}

/** Removes everything that a test's project has left on an engine. */
export async function removeProject(host: EngineUnderTest, project: string): Promise<void> {
  const containers = await containersOf(host, project);
  await Promise.all(containers.map(({ Id }) => removeContainer(host, Id)));
  await networksLeft(host, project);
  for (const name of await volumesOf(host, project)) await engine(host, "DELETE", `/volumes/${name}?force=1`);
}

/** Removes a container. The engine may be removing it at the same time if it is of `run --rm`. */
async function removeContainer(host: EngineUnderTest, id: string): Promise<void> {
  await engine(host, "DELETE", `/containers/${id}?force=1&v=1`).catch((error: Error) => {
    if (!/: (404|409) .*(No such container|already in progress)/i.test(error.message)) throw error;
  });
}

function labelFilter(project: string): string {
  return encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
}
