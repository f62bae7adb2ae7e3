/** The meaning of written values: test/fixtures/values.txt, one line for each value. */
import { substitute, variablesIn } from "../../../provider/compose/interpolate/substitute.js";
import { parseDotenv } from "../../../provider/compose/source/dotenv.js";
import { normalizeName } from "../../../provider/compose/source/project-name.js";
import { isMissing } from "../../../provider/compose/source/reader.js";
import { decodeText } from "../../../provider/compose/source/text.js";
import { isTrue } from "../../../provider/compose/source/variables.js";
import { plainScalar, taggedScalar } from "../../../provider/compose/source/yaml-scalar.js";
import { parseByteSize } from "../../../provider/compose/values/byte-size.js";
import type { JsonSchema } from "../../../provider/compose/schema/shape.js";
import { fits } from "../../../provider/compose/validate/fast-check.js";
import { toYaml } from "../../../provider/compose/output/yaml-text.js";
import { didYouMean } from "../../../provider/compose/values/did-you-mean.js";
import { formatDuration, parseDuration } from "../../../provider/compose/values/duration.js";
import { readAddress } from "../../../provider/compose/values/engine-address.js";
import { globMatcher, globProblem, isGlob } from "../../../provider/compose/values/glob.js";
import { compareBytes, float32 } from "../../../provider/compose/values/go-format.js";
import { parseMount } from "../../../provider/compose/values/mount-syntax.js";
import { parsePort } from "../../../provider/compose/values/port-syntax.js";
import { shellWords } from "../../../provider/compose/values/shell-words.js";
import { printedSections, reader } from "../../support/printed-sections.js";

const variables: Record<string, string> = { A: "a", EMPTY: "", _b1: "b" };

printedSections("values.txt", {
  "byte sizes": reader(parseByteSize),
  durations: reader((written) => {
    const duration = parseDuration(written);
    return typeof duration === "string" ? duration : `${duration} ns, ${formatDuration(duration)}`;
  }),
  "addresses of engines": reader(readAddress),
  ports: reader(parsePort),
  mounts: reader(parseMount),
  "command lines": reader(shellWords),
  "typing errors of image, env_file, environment, alias, aliases, x": reader((written) =>
    didYouMean(written, ["image", "env_file", "environment", "alias", "aliases", "x"]),
  ),
  "patterns for web, api, web-1, w": reader((written) =>
    isGlob(written)
      ? (globProblem(written) ?? ["web", "api", "web-1", "w"].filter(globMatcher(written)))
      : "no pattern",
  ),
  "32-bit floats": reader((written) => String(float32(Number(written)))),
  "words in Go's order": reader((written) => written.split(" ").sort(compareBytes)),
  "two words in Go's order": reader((written) => {
    const [a = "", b = ""] = written.split(" ");
    return compareBytes(a, b);
  }),
  "variables that switch on": reader(isTrue),
  "errors of missing files": reader((written) => isMissing(JSON.parse(written))),
  "texts as YAML": reader((written) => [toYaml([written])]),
  "schemas and values that the fast check accepts": reader((written) => {
    const [schema = "", value = ""] = written.split(" <- ");
    return fits(JSON.parse(schema) as JsonSchema, value === "1n" ? 1n : JSON.parse(value));
  }),
  "names of projects": reader(normalizeName),
  "scalars of YAML": reader((written) => scalar(plainScalar(written))),
  "scalars of YAML with a tag": reader((written) => {
    const [tag = "", text = ""] = written.split("|");
    return scalar(taggedScalar(`tag:yaml.org,2002:${tag}`, text));
  }),
  "variables in a text, where A is a, EMPTY is empty, and _b1 is b": reader((written) => {
    const unset: string[] = [];
    const text = substitute(
      written,
      (name) => variables[name],
      (name) => unset.push(name),
    );
    return unset.length === 0 ? text : `${text} (not set: ${unset.join()})`;
  }),
  "variables that a text names": reader((written) =>
    variablesIn(written).map(({ name, default_value, presence_value, required }) =>
      [name, default_value, presence_value, required ? "required" : ""].join("|"),
    ),
  ),
  ".env files, where A is a in the environment": reader((written) => {
    const found = new Map<string, string>();
    parseDotenv(written, found, (name) => (name === "A" ? "a" : undefined));
    return Object.fromEntries(found);
  }),
  "bytes of a file, in Latin-1": reader((written) => decodeText(Buffer.from(written, "latin1"))),
});

function scalar(read: ReturnType<typeof taggedScalar>): string {
  if (read === undefined) return "refused";
  const { value, float, date } = read;
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return `${typeof value} ${Object.is(value, -0) ? "-0" : text}${float ? ", float" : ""}${date ? `, date ${date}` : ""}`;
}
