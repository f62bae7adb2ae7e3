/** The observations that `up` needs, and the services that follow others: test/fixtures/observations.txt. */
import { label } from "../../../../provider/model/labels.js";
import { followersIn, needsIn, type World } from "../../../support/model/deployed-world.js";
import { deployedShop, digest, type Edit } from "../../../support/model/deployed-shop.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const edited = deployedShop();
const unchanged: Edit = () => undefined;

/** Printed is what differs from the observations of the unchanged shop. */
const needs: Record<string, Edit> = {
  "nothing of the project runs": ({ on }) => (on("a").containers = []),
  "a network is one of a swarm": ({ state }) =>
    (state.networks[0]!.outputs.swarm = { manager: state.hosts[1]!.inputs, home: false }),
  "images are always pulled": ({ around }) => (around.run = { stack: "o/p/s", pull: "always" }),
  "images roll back": ({ plan, around }) => {
    for (const { kind, context } of plan.nodes)
      if (kind === "image") Object.assign(context, { pinnedDigest: digest("e") });
    around.run = { stack: "o/p/s", pull: "always" };
  },
};

/** Services that run without others include those that follow them. */
const leaders: Record<string, Edit> = {
  "nothing is changed": () => undefined,
  "a dependency is replaced": ({ containerOf }) => (containerOf("db").labels[label.configHash] = "x"),
  "a lender is restarted": ({ containerOf }) => (containerOf("web").state = "exited"),
  "a dependency is restarted": ({ containerOf }) => (containerOf("db").state = "exited"),
  "a lender is replaced, and its borrower is new": ({ state, containerOf }) => {
    containerOf("web").labels[label.configHash] = "x";
    state.services = state.services.filter(({ name }) => name !== "side@a");
  },
};
const leading = [["service db@a"], ["service web@a"], ["service db@a", "service web@a"], ["service app@b"]];

printedSections("observations.txt", {
  "observed: nothing is changed": () => needsIn(edited(unchanged)),
  ...sectionsOf(needs, (edit) => newNeeds(edited(edit)), "observed: "),
  ...sectionsOf(
    leaders,
    (edit) => leading.map((ids) => `${ids.join(", ")}: ${followersIn(edited(edit), ids)}`),
    "followers: ",
  ),
});

function newNeeds(world: World): string[] {
  const usual = needsIn(edited(unchanged));
  return needsIn(world).filter((line) => !usual.includes(line));
}
