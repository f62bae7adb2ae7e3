/** Deploys files to a swarm that exists: by the plan and the handlers, as Pulumi calls them, without Pulumi. */
import { withoutMarker } from "../../../provider/model/event-marker.js";
import { readContents } from "../../../provider/compose/source/file-contents.js";
import { outputNames, type Kind, resourceKinds, type Run } from "../../../provider/model/kinds.js";
import { contextOf, type PlanNode, type Ref } from "../../../provider/model/plan/node.js";
import { network } from "../../../provider/handlers/network.js";
import type { HandlerOf } from "../../../provider/handlers/process/handler.js";
import { RunMemory } from "../../../provider/handlers/process/run-memory.js";
import { driftOf } from "../../../provider/handlers/process/gather.js";
import { adapt } from "../../../provider/handlers/pulumi/adapter.js";
import { Cancellation } from "../../../provider/handlers/pulumi/cancel.js";
import { EventLog } from "../../../provider/handlers/pulumi/log.js";
import { swarmConfig, swarmSecret, swarmService } from "../../../provider/handlers/swarm-handlers.js";
import { unknown } from "../../../provider/model/unknown.js";
import { planned } from "../model/plans.js";
import { loaded } from "../model/project.js";

type Bag = Record<string, unknown>;

interface Deployment {
  /** "update SwarmService web", in order. */
  did: string[];
  /** Lines of the handlers: reasons, warnings, progress. */
  lines: string[];
}

interface Options {
  run?: Partial<Run>;
  env?: Record<string, string>;
  /** Called with each line, and with the means to cancel the run. */
  onLine?: (line: string, cancel: () => void) => void;
}

class Log extends EventLog {
  constructor(private readonly onLine: (line: string) => void) {
    super(undefined);
  }
  override write(text: string): Promise<void> {
    this.onLine(withoutMarker(text).text);
    return Promise.resolve();
  }
}

const own = ["network", "swarmConfig", "swarmSecret", "swarmService"] as const satisfies Kind[];

type OwnKind = (typeof own)[number];

function isOwn(kind: Kind): kind is OwnKind {
  return own.some((each) => each === kind);
}

const order = (id: string) => (id.startsWith("swarmService") ? 0 : id.startsWith("network") ? 2 : 1);

export class SwarmStack {
  /** As Pulumi stores it; deleted to lose it. */
  readonly state = new Map<string, { id: string; kind: OwnKind; props: Bag }>();

  constructor(private readonly stack = "organization/shop/dev") {}

  async up(text: string, options: Options = {}): Promise<Deployment> {
    const project = await loaded(text, [], options.env);
    const contents = await readContents(project);
    const { nodes } = planned(project, { contents });
    return this.deploy(nodes, options);
  }

  /** Removes all that is in state. */
  async down(): Promise<Deployment> {
    return this.deploy([], {});
  }

  private async deploy(nodes: PlanNode[], { run = {}, onLine }: Options): Promise<Deployment> {
    const done: Deployment = { did: [], lines: [] };
    const memory = new RunMemory(process.env);
    const cancellation = new Cancellation();
    const log = new Log((line) => {
      done.lines.push(line);
      onLine?.(line, () => cancellation.cancel());
    });
    const adapted = <K extends OwnKind>(kind: K, handler: HandlerOf<K>) => {
      const drift: HandlerOf<K>["drift"] = (inputs, context, outputs, call) =>
        driftOf(kind, { inputs, context, outputs }, call);
      const shared = { memory, cancellation, log };
      return adapt(resourceKinds[kind], { drift, ...handler }, shared, memory.contexts[kind]);
    };
    const handlers = {
      network: adapted("network", network),
      swarmConfig: adapted("swarmConfig", swarmConfig),
      swarmSecret: adapted("swarmSecret", swarmSecret),
      swarmService: adapted("swarmService", swarmService),
    };
    const wanted = nodes.flatMap((node) => (isOwn(node.kind) ? [{ ...node, kind: node.kind }] : []));
    const valueOf = ({ node, output }: Ref) => this.state.get(node)?.props[output] ?? unknown;
    const full: Run = { stack: this.stack, stackId: "id-of-the-stack", ...run };
    const keep = (node: { id: string; kind: OwnKind }, id: string, props: Bag) =>
      this.state.set(node.id, { id, kind: node.kind, props });
    const check = async (node: (typeof wanted)[number], props: Bag | undefined) => {
      const bag = { ...node.inputs, __k2: contextOf(node, full, valueOf) };
      const { inputs } = await handlers[node.kind].check(props ?? {}, bag);
      return inputs;
    };
    try {
      for (const node of wanted) {
        const before = this.state.get(node.id);
        const handler = handlers[node.kind];
        const inputs = await check(node, before && inputsIn(node.kind, before.props));
        try {
          if (!before) {
            done.did.push(`create ${node.id}`);
            const { id, outs } = await handler.create(inputs);
            keep(node, id ?? "", outs);
            continue;
          }
          const { changes } = await handler.diff(before.id, before.props, inputs);
          const same = JSON.stringify(inputsIn(node.kind, before.props)) === JSON.stringify(inputs);
          if (!(changes ?? !same)) continue;
          done.did.push(`update ${node.id}`);
          const { outs } = await handler.update(before.id, before.props, inputs);
          keep(node, before.id, outs);
        } catch (error) {
          if (isInitError(error)) keep(node, error.id ?? before?.id ?? "", error.properties);
          throw error;
        }
      }
      const kept = new Set(wanted.map(({ id }) => id));
      const left = [...this.state].filter(([id]) => !kept.has(id));
      for (const [id, { kind, props, id: own }] of left.sort(([a], [b]) => order(a) - order(b))) {
        done.did.push(`delete ${id}`);
        await handlers[kind].delete(own, props);
        this.state.delete(id);
      }
    } finally {
      await memory.session.close();
    }
    return done;
  }
}

function inputsIn(kind: OwnKind, props: Bag): Bag {
  const outputs: readonly string[] = outputNames[resourceKinds[kind]];
  return Object.fromEntries(Object.entries(props).filter(([name]) => !outputs.includes(name)));
}

function isInitError(error: unknown): error is { id?: string; properties: Bag } {
  return typeof error === "object" && error !== null && "properties" in error;
}
