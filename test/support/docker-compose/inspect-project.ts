import { label } from "../../../provider/model/labels.js";
import { engine, type EngineUnderTest } from "../bed/http-engine.js";

type Json = Record<string, unknown>;

export interface Deployment {
  containers: Json[];
  networks: Json[];
  volumes: Json[];
}

/** Inspects the containers, networks and volumes of a project, with values masked that differ in each run. */
export async function inspectProject(host: EngineUnderTest, project: string): Promise<Deployment> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
  const containers = await each(
    await engine<Json[]>(host, "GET", `/containers/json?all=1&filters=${filters}`),
    ({ Id }) => engine<Json>(host, "GET", `/containers/${Id}/json`),
  );
  const networks = await each(await engine<Json[]>(host, "GET", `/networks?filters=${filters}`), ({ Id }) =>
    engine<Json>(host, "GET", `/networks/${Id}`),
  );
  const { Volumes } = await engine<{ Volumes: Json[] | null }>(host, "GET", `/volumes?filters=${filters}`);
  const all: Deployment = {
    containers: byName(containers),
    networks: byName(networks),
    volumes: byName(Volumes ?? []),
  };
  return masked(all, namesOf(all));
}

function each(found: Json[], inspect: (one: Json) => Promise<Json>): Promise<Json[]> {
  return Promise.all(found.map(inspect));
}

function byName(things: Json[]): Json[] {
  return things.sort((a, b) => (String(a.Name) < String(b.Name) ? -1 : 1));
}

/** Maps ids to placeholders. */
function namesOf({ containers, networks }: Deployment): Map<string, string> {
  const names = new Map<string, string>();
  for (const { Id, Name } of [...containers, ...networks]) {
    names.set(String(Id), `<id of ${String(Name)}>`);
    names.set(String(Id).slice(0, 12), `<short id of ${String(Name)}>`);
  }
  for (const { Mounts } of containers as { Mounts: Json[] }[]) {
    for (const { Name, Destination } of Mounts) {
      if (/^[0-9a-f]{64}$/.test(String(Name))) names.set(String(Name), `<volume at ${String(Destination)}>`);
    }
  }
  return names;
}

/** Fields that depend on the run, not on the configuration. Configured addresses are in IPAMConfig. */
const ofTheRun = new Set(
  "Created CreatedAt State EndpointID SandboxID SandboxKey NetworkID IPAddress IPv6Gateway Pid IPPrefixLen GlobalIPv6Address GlobalIPv6PrefixLen GraphDriver Storage Ports Containers Status RestartCount".split(
    " ",
  ),
);
/** Subnets that fixtures configure; all others come from the engine's pool. */
const ofFixtures = /^(172\.31\.25\d\.|2001:db8:)/;
const unordered = new Set([
  "Binds",
  "Mounts",
  "Env",
  "ExtraHosts",
  "Ulimits",
  "Links",
  "DNSNames",
  "Aliases",
]);

function masked<Value>(value: Value, names: Map<string, string>, key = ""): Value {
  if (["Subnet", "Gateway"].includes(key) && !ofFixtures.test(String(value)))
    return "<chosen by the engine>" as Value;
  if (typeof value === "string") return maskText(value, names, key) as Value;
  if (Array.isArray(value)) {
    const items = value.map((item) => masked(item as unknown, names));
    return (
      unordered.has(key) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
    ) as Value;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Json)
    .filter(([name]) => !ofTheRun.has(name) && !(name === "MacAddress" && key !== "mac"))
    // An endpoint has a gateway only while its container runs, and some containers end at once.
    .filter(([name]) => !(name === "Gateway" && "EndpointID" in value))
    .map(([name, part]) => [maskText(name, names, ""), masked(part, names, name)]);
  return Object.fromEntries(entries) as Value;
}

function maskText(text: string, names: Map<string, string>, key: string): string {
  // The hash depends on ids if namespaces or volumes are shared.
  if (key === label.configHash) return "<config-hash>";
  if (key === label.dependsOn) return text.split(",").sort().join(",");
  // Engines mount images from folders with random names.
  const unknown = (id: string) => (key === "Source" ? "<id>" : id);
  return text.replace(/[0-9a-f]{64}|[0-9a-f]{12}/g, (id) => names.get(id) ?? unknown(id));
}
