/** The meaning of names and paths: test/fixtures/names.txt, one line for each. */
import {
  follows,
  isDue,
  mayBePulled,
  neverPulls,
  whyNotPulled,
} from "../../../provider/model/images/pull-policy.js";
import { repositoryDigest } from "../../../provider/model/images/digest.js";
import { imageNamed } from "../../../provider/model/images/find-image.js";
import { parseImageReference, inPath, isImageId } from "../../../provider/model/images/reference.js";
import { namesRegistry, wayToHosts } from "../../../provider/model/images/transfer-way.js";
import { isNoPath, tlsFrom, tlsSecretName } from "../../../provider/model/tls.js";
import { soundsSecret } from "../../../provider/model/secret-names.js";
import { syncedMounts } from "../../../provider/model/plan/upload-mounts.js";
import { printedSections, reader } from "../../support/printed-sections.js";

const hour = 3_600_000;
const now = Date.parse("2026-01-08T00:00:00Z");
const digest = `sha256:${"ab".repeat(32)}`;
const run = { stack: "" };
const images = [
  { id: "sha256:1", tags: ["redis:7", "shop/web:latest"], digests: [`redis@${digest}`] },
  { id: "sha256:2", tags: ["<none>:<none>"], digests: ["<none>@<none>"] },
];

printedSections("names.txt", {
  "pull policies: hours between requests, and the effect of a pull on a present image": reader((policy) => {
    const inputs = { image: "redis:7", pull_policy: policy };
    const isDueAfter = (hours: number) =>
      isDue(inputs, { askedAt: new Date(now - hours * hour).toISOString() }, run, now);
    const due = [0, 1, 23, 24, 25, 167, 168].find(isDueAfter);
    const texts = [
      `${due === undefined ? "no requests" : `${due} h`}`,
      `asks first: ${isDue(inputs, {}, run, now)}`,
      ...(follows(policy) ? ["follows"] : []),
      ...(neverPulls(policy) ? ["never pulls"] : []),
      `present: ${whyNotPulled("redis:7", policy, true) ?? "pulled"}`,
      `latest: ${whyNotPulled("redis", policy, true) ?? "pulled"}`,
      `absent: ${whyNotPulled("redis:7", policy, false) ?? "pulled"}`,
      `built: ${mayBePulled({ image: "web", pull_policy: policy, build: {} }) ? "pulled" : "not pulled"}`,
    ];
    return texts.join(", ");
  }),
  "names of images": reader((name) => {
    const reference = Object.entries(parseImageReference(name)).map((part) => part.join(" "));
    const build = mayBePulled({ image: name, build: {} }) ? "pulled or built" : "built";
    const ways = [undefined, "stream" as const].map((way) => wayToHosts(name, way)).join("/");
    const due = isDue({ image: name }, {}, { ...run, pull: "always" }, now) ? "asked" : "fixed";
    const registry = namesRegistry(name) ? "names its registry" : "no registry";
    return [...reference, registry, build, ways, due, inPath(name)].join(", ");
  }),
  "images that a host with redis:7 and shop/web finds": reader(
    (name) => imageNamed(images, name.replace("DIGEST", digest))?.id ?? "none",
  ),
  "digests of an image of r.example/app with these repositories": reader((repositories) =>
    repositoryDigest(
      repositories.split(" ").map((one, at) => `${one}@${one === "<none>" ? one : digest.slice(0, -1) + at}`),
      "r.example/app:1",
    ),
  ),
  "ids of images": reader((text) => isImageId(text.replace("HEX", "ab".repeat(32)))),
  "certificates in /shop": reader(
    (tls) =>
      `${tlsFrom("/shop", tls)}, ${isNoPath(tls) ? "everywhere" : "here"}, ${tlsSecretName(tls) ?? "no secret"}`,
  ),
  "names of secret values": reader(soundsSecret),
  "uploads of a/x, a/y/z, ab/x and f": reader((source) =>
    syncedMounts({
      volumes: [{ type: "bind", source, target: "/t" }],
      synced: { "a/x": "1", "a/y/z": "2", "ab/x": "3", f: "4" },
    }).map(({ path, file, hashes }) => `${path}: ${file ? "file" : "folder"} ${Object.keys(hashes).join()}`),
  ),
});
