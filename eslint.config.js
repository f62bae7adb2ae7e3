import js from "@eslint/js";
import tseslint from "typescript-eslint";
import { layers } from "./eslint.layers.js";

/** Packages that a folder may not import, with the reason. Types are free: they leave nothing behind in compiled code. */
const reasons = {
  dockerode: [["dockerode", "docker-modem"], "dockerode lives in provider/engine only"],
  pulumi: [
    ["@pulumi/**"],
    "@pulumi/pulumi takes a second to load: only resources/, the files of provider/, program/ and runtime/ import it",
  ],
  library: [["k2-compose"], "inside the library, import the file itself: the index loads @pulumi/pulumi"],
};

const pulumiIndex = {
  name: "@pulumi/pulumi",
  message:
    "import @pulumi/pulumi/resource.js, /output.js or /config.js: the index takes five times as long to load",
};

/** What is handed in stays visible; what is read from the environment does not. */
const noEnvironment = {
  "no-restricted-properties": [
    "error",
    { object: "process", property: "env", message: "the environment is handed in" },
  ],
};

/**
 * Files that match texts of other programs, which say in words only what they mean. All else decides by codes: K2Error's,
 * Reason's, Step's, and those of event-marker.ts, which is the only file that reads a marker from a text.
 */
const textsOfOthers = {
  "provider/model/event-marker.ts": "reads and writes the marker in texts that cross Pulumi's events",
  "provider/model/swarm/convergence/seen.ts":
    "the scheduler names the task that failed an update in its text only",
  "provider/engine/swarm/refusals.ts": "a manager's answers that have no status of their own",
  "provider/engine/connection/failure.ts": "an engine's answer: hints are found by its words",
  "provider/engine/containers/execute.ts": "an engine's answer that has no status of its own",
  "provider/engine/images/registry-failure.ts":
    "a registry's answer, which the engine passes on without its status",
  "provider/engine/connection/ssh-failure.ts": "ssh exits with 255 whatever has failed",
  "provider/engine/builder/build-failure.ts": "BuildKit passes a registry's answer on as text",
  "cli/pulumi/pulumi-words.ts": "what Pulumi's engine and CLI say",
  "cli/parse.ts": "commander's errors name the option in their text only",
};

const product = ["provider/**/*.ts", "cli/**/*.ts", "program/**/*.ts", "runtime/**/*.ts"];
const messages = ["message", "complaint", "stderr", "said"];

/** Each of these replaces the ones before it where it applies. */
const textRules = [
  noTextMatching({ files: product, properties: [...messages, "what", "hint"], variables: messages }),
  noTextMatching({
    files: product,
    // Their texts are files of the user.
    ignores: ["provider/compose/**", "cli/terminal/template/**"],
    properties: [...messages, "what", "hint", "text"],
    variables: messages,
  }),
  noTextMatching({
    // Where reasons, steps and events pass.
    files: ["provider/handlers/**/*.ts", "cli/up/**/*.ts", "cli/deployment/**/*.ts", "cli/changes/**/*.ts"],
    properties: [...messages, "what", "hint", "text"],
    variables: [...messages, "text"],
  }),
];

/** Neither a property nor a variable of these names may be searched for words. */
function noTextMatching({ files, ignores = [], properties, variables }) {
  const values = [
    `MemberExpression[property.name=/^(${properties.join("|")})$/]`,
    `Identifier[name=/^(${variables.join("|")})$/]`,
    'CallExpression[callee.name="messageOf"]',
  ];
  const ask = "/^(test|exec)$/";
  const match = "/^(includes|startsWith|endsWith|match|matchAll|search|indexOf|replace|replaceAll)$/";
  const selectors = values.flatMap((value) => [
    `CallExpression[callee.property.name=${ask}] > ${value}.arguments`,
    `CallExpression[callee.property.name=${ask}] > LogicalExpression.arguments > ${value}`,
    `CallExpression[callee.property.name=${match}] > MemberExpression.callee > ${value}.object`,
    `BinaryExpression[operator=/^[!=]==$/]:has(> Literal[value=/./]) > ${value}`,
  ]);
  const message = "Decide by a code (K2Error.code, Reason.code, Step.op, the event's code), not by words.";
  return {
    files,
    ignores: [...ignores, ...Object.keys(textsOfOthers)],
    rules: { "no-restricted-syntax": ["error", ...selectors.map((selector) => ({ selector, message }))] },
  };
}

const nodeGlobals = [
  "Buffer",
  "URL",
  "clearInterval",
  "console",
  "fetch",
  "performance",
  "process",
  "setInterval",
];

const folders = [
  packages("provider/compose", ["dockerode", "pulumi", "library"], noEnvironment),
  packages("provider/model", ["dockerode", "pulumi", "library"], noEnvironment),
  packages("provider/engine", ["pulumi", "library"], noEnvironment),
  packages("provider/handlers", ["dockerode", "library"], {}, handlerPulumi()),
  packages("provider/resources", ["dockerode", "library"], noEnvironment, { paths: [pulumiIndex] }),
  packages("program", ["dockerode"], {}, { paths: [pulumiIndex] }),
  packages("runtime", ["dockerode"], {}, { paths: [pulumiIndex] }),
  packages("cli", ["dockerode", "pulumi", "library"]),
  { files: product, plugins: { layers }, rules: { "layers/imports": "error" } },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "test/fixtures", ".cache", "**/*_pb.ts"] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    rules: {
      "no-duplicate-imports": ["error", { allowSeparateTypeImports: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
    },
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: nodeTest() }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }],
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])),
    },
  },
  {
    // These run before `npm ci`.
    files: ["scripts/**/*.mjs"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^(?!node:|[.])", message: "scripts run before npm ci" }] },
      ],
    },
  },
  ...folders,
  ...textRules,
);

function packages(folder, names, rules = {}, { paths = [], patterns = [] } = {}) {
  const forbidden = names.map((name) => ({
    group: reasons[name][0],
    message: reasons[name][1],
    allowTypeImports: true,
  }));
  const options = { paths, patterns: [...forbidden, ...patterns] };
  return {
    files: [`${folder}/**/*.ts`],
    rules: { ...rules, "@typescript-eslint/no-restricted-imports": ["error", options] },
  };
}

/** Handlers send progress to Pulumi's engine, in its own protocol; the rest of the SDK stays out of their process. */
function handlerPulumi() {
  return {
    patterns: [{ regex: "^@pulumi/(?!pulumi/proto/)", message: reasons.pulumi[1], allowTypeImports: true }],
  };
}

/** node:test waits for these by itself. */
function nodeTest() {
  const name = ["after", "afterEach", "before", "beforeEach", "describe", "it", "suite", "test"];
  return [{ from: "package", package: "node:test", name }];
}
