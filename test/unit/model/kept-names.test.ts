/**
 * Names that states and engines keep, and that the next version finds again: test/fixtures/kept-names.txt. Lines may be added;
 * a changed one loses deployed objects.
 */
import { idOf, outputNames, resourceKinds, stateSchema } from "../../../provider/model/kinds.js";
import { label } from "../../../provider/model/labels.js";
import { builtImageName, containerName } from "../../../provider/model/names.js";
import { configHashIn, filesHashIn, revisionOf } from "../../../provider/model/reconcile/desired.js";
import { withMarker } from "../../../provider/model/event-marker.js";
import { tlsFrom, tlsSecretName, tlsSetting } from "../../../provider/model/tls.js";
import { unknown } from "../../../provider/model/unknown.js";
import { desired } from "../../support/model/simulated-engine.js";
import { printedSections } from "../../support/printed-sections.js";

const namings = ["compose", "compatibility", "legacy"] as const;
const tlsValues = ["secret://prod", "secret://", "certs", "/etc/certs", "~/certs", "x/~/y"];
const revisions = [revisionOf(desired()), revisionOf(desired({ filesHash: "files" }))];

printedSections("kept-names.txt", {
  "labels of objects": () => linesOf(label),
  "outputs in states": () => [...linesOf(outputNames), `schema ${stateSchema}`],
  "resources of kinds": () =>
    Object.entries(resourceKinds).map(([kind, type]) => `${kind}: ${type}, ${idOf(type, "web@b")}`),
  "names of containers and images": () =>
    namings.map(
      (naming) =>
        `${naming}: ${containerName("shop", "web", 2, naming)}, ${builtImageName("shop", "web", naming)}`,
    ),
  certificates: () => [
    tlsSetting,
    ...tlsValues.map((tls) => `${tls}: ${tlsSecretName(tls) ?? tlsFrom("/shop", tls)}`),
  ],
  "revisions of containers": () =>
    revisions.map((one) => `${one}: ${configHashIn(one)}, ${filesHashIn(one) ?? "no files"}`),
  "texts of Pulumi": () => [withMarker({ text: "x", code: "unhealthy", at: "a" }), unknown],
});

function linesOf(names: Record<string, string | readonly string[]>): string[] {
  return Object.entries(names).map(([name, value]) => `${name}: ${[value].flat().join(", ")}`);
}
