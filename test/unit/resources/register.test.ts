/** Registration by the protocol itself, beside registration by the classes of Pulumi's SDK. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type * as Sdk from "@pulumi/pulumi/output.js";
import type * as Messages from "@pulumi/pulumi/proto/resource_pb.js";
import type * as Resources from "@pulumi/pulumi/resource.js";
import type * as Settings from "@pulumi/pulumi/runtime/settings.js";
import type * as StructMessages from "google-protobuf/google/protobuf/struct_pb.js";
import { hideSecrets } from "../../../provider/model/plan/json.js";
import type { Plan } from "../../../provider/model/plan/node.js";
import { deploy } from "../../../provider/resources/deploy.js";
import { inProtocol, registerAll } from "../../../provider/resources/register.js";
import type { Registered } from "../../../provider/resources/registered.js";
import { fromSdk } from "../../../provider/resources/sdk.js";
import { valueOf } from "../../../provider/resources/values.js";
import { planOf } from "../../support/model/plans.js";

const { output, secret }: typeof Sdk = fromSdk("@pulumi/pulumi/output.js");
const messages: typeof Messages = fromSdk("@pulumi/pulumi/proto/resource_pb.js");
const { ComponentResource }: typeof Resources = fromSdk("@pulumi/pulumi/resource.js");
const settings: typeof Settings & MockOptions = fromSdk("@pulumi/pulumi/runtime/settings.js");
const { Struct }: typeof StructMessages = fromSdk("google-protobuf/google/protobuf/struct_pb.js");

/** Exports of the SDK's file, which its types leave out. */
interface MockOptions {
  setMockOptions: (monitor: object, project: string, stack: string, preview: boolean) => void;
  awaitFeatureSupport: () => Promise<void>;
}

const file = `
name: shop
hosts: {a: "a:2375", b: "b:2375"}
services:
  web:
    image: web
    host: [a, b]
    build: {context: ., secrets: [token]}
    environment: {GREETING: hello, API_PASSWORD: "of {{variable}}", PORT: "{{plain}}"}
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_started, required: false}
    secrets: [token]
    health_check: {http: "http://localhost/"}
  db:
    image: db
    host: a
    volumes: ["data:/data", "kept:/kept"]
    healthcheck: {test: [CMD, "true"]}
  cache: {image: cache, host: a}
  side: {image: side, host: a, network_mode: "service:cache"}
  tagged: {image: tagged, host: b}
volumes:
  data: {}
  kept: {external: true}
networks: {default: {labels: {team: one}}}
secrets: {token: {environment: TOKEN}}
`;

const run = { stack: "organization/shop/test", volumes: "remove" as const };

interface Requests {
  resources: Map<string, Registered>;
  /** By name and type. */
  requests: Map<string, object>;
}

let plan: Plan;
let secrets: Record<string, string>;

before(async () => {
  const made = await planOf(file, {
    contents: { configs: {}, secrets: { token: "s3cret" } },
    builds: { web: { inputs: { context: "." }, definition: { context: "." }, secrets: { token: "s3cret" } } },
    saveSuffix: "-tested",
  });
  ({ plan, secrets } = hideSecrets(made));
});

describe("registration without the SDK's classes", () => {
  for (const preview of [false, true])
    for (const failing of [undefined, "db@a", "a"])
      it(`must send the same requests${preview ? " in a preview" : ""}${failing ? ` when ${failing} fails` : ""}`, async () => {
        const [ours, theirs] = [
          await recorded("ours", { preview, failing }),
          await recorded("sdk", { preview, failing }),
        ];
        assert.ok(ours.requests.size > 15);
        assert.deepEqual([...ours.requests.keys()].sort(), [...theirs.requests.keys()].sort());
        for (const [name, request] of theirs.requests)
          assert.deepEqual(ours.requests.get(name), request, name);
        assert.deepEqual(
          await outcomesOf(ours.resources, preview),
          await outcomesOf(theirs.resources, preview),
        );
      });
});

describe("a request that Pulumi does not answer", () => {
  const outcome = async (code: number) => {
    const refused = Object.assign(new Error("no"), { code });
    const { resources } = await registered("ours", { refused });
    return resources.get("host a")?.isMet;
  };

  it("must fail the program with the resource's name", async () => {
    await assert.rejects(outcome(13), {
      message: "failed to register new resource a [pulumi-nodejs:dynamic/k2:Host]: no",
    });
  });

  it("must not fail the program when Pulumi is shutting down, because Pulumi has reported why", async () => {
    assert.equal(await outcome(14), true);
  });
});

/** Which resources are in their desired state, and which containers are known. Previews need no outcome. */
async function outcomesOf(resources: Map<string, Registered>, preview: boolean): Promise<unknown[]> {
  const outcomes = [...resources].map(async ([id, resource]) => {
    const containers = output(resource.kind === "Service" ? resource.output("containers") : []) as Known;
    const value = (await containers.isKnown) && (await valueOf(containers));
    return [id, resource.kind, value, preview || (await resource.isMet)];
  });
  return Promise.all(outcomes);
}

/** The SDK's types leave out `isKnown`. */
type Known = Sdk.Output<unknown> & { isKnown: Promise<boolean> };

interface Answering {
  preview?: boolean;
  /** The name of a host or a service. */
  failing?: string | undefined;
  /** The answer to all requests for custom resources. */
  refused?: Error;
}

async function recorded(by: "ours" | "sdk", answering: Answering): Promise<Requests> {
  const { resources, requests } = await registered(by, answering);
  await Promise.all([...resources.values()].map(({ isMet }) => isMet));
  return { requests, resources };
}

async function registered(by: "ours" | "sdk", answering: Answering): Promise<Requests> {
  const requests = new Map<string, object>();
  settings.setMockOptions(monitorOf(requests, answering), "shop", "test", answering.preview ?? false);
  await settings.awaitFeatureSupport();
  const parent = new ComponentResource("k2:index:Project", "project");
  const nodes = answering.refused ? plan.nodes.slice(0, 1) : plan.nodes;
  const values = Object.entries({ "{{variable}}": "hidden", ...secrets });
  const placeholders = (hide: (value: unknown) => unknown) =>
    new Map<string, unknown>([
      ...values.map(([name, value]) => [name, hide(value)] as const),
      ["{{plain}}", 80],
    ]);
  const options = { run, parent, prefix: "" };
  const resources =
    by === "ours"
      ? registerAll(nodes, { ...options, placeholders: placeholders(inProtocol.secret) })
      : deploy(nodes, { ...options, placeholders: placeholders(secret) });
  return { requests, resources };
}

type AnswerTo = (error: Error | null, response?: object) => void;

/** Answers as Pulumi does, without an engine. */
function monitorOf(requests: Map<string, object>, { preview, failing, refused }: Answering) {
  const failed = new Set<string>();
  const fails = (name: string, type: string, dependencies: string[]) =>
    (name === failing && /k2:(Host|Service)$/.test(type)) || dependencies.some((urn) => failed.has(urn));
  return {
    supportsFeature: (_request: unknown, answer: AnswerTo) => answer(null, { getHassupport: () => true }),
    registerResource(request: Messages.RegisterResourceRequest, answer: AnswerTo) {
      const [name, type] = [request.getName(), request.getType()];
      if (request.getCustom() && refused) return answer(refused);
      const object = request.getObject()?.toJavaScript() ?? {};
      if (request.getCustom()) requests.set(`${name} ${type}`, contentOf(request));
      const response = new messages.RegisterResourceResponse();
      const urn = `urn:pulumi:test::shop::k2:index:Project$${type}::${name}`;
      response.setUrn(request.getCustom() ? urn : `urn:pulumi:test::shop::${type}::${name}`);
      response.setId(preview ? "" : name);
      const isFailing = fails(name, type, request.getDependenciesList());
      if (isFailing) failed.add(urn);
      response.setObject(Struct.fromJavaScript({ ...object, ...(!isFailing && !preview && outputs) }));
      response.setResult(isFailing ? messages.Result.FAIL : messages.Result.SUCCESS);
      answer(null, response);
    },
    registerResourceOutputs: (_request: unknown, answer: AnswerTo) => answer(null),
  };
}

const outputs = {
  ...{ engineId: "E", networkId: "N", digest: "sha256:1", imageId: "sha256:2", revision: "1" },
  ...{ containers: [{ id: "c1" }], containerIds: ["c1"] },
};

/** Without the place of the call, and without an order that means nothing. */
function contentOf(request: Messages.RegisterResourceRequest): object {
  const { sourceposition: _place, stacktrace: _trace, ...rest } = request.toObject();
  return {
    ...rest,
    object: request.getObject()?.toJavaScript(),
    dependenciesList: rest.dependenciesList.sort(),
    propertydependenciesMap: rest.propertydependenciesMap.sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
