import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Names of what a folder may not import, with why. Types are free: they leave nothing behind in compiled code. */
const reasons = {
  dockerode: [["dockerode", "docker-modem"], "dockerode lives in provider/engine only"],
  pulumi: [
    ["@pulumi/**"],
    "@pulumi/pulumi takes a second to load: only resources/, program/ and runtime/ import it",
  ],
  model: [["**/model/**"], "imports point one way: handlers -> engine -> model -> compose"],
  engine: [["**/engine/**"], "imports point one way: handlers -> engine -> model -> compose"],
  handlers: [["**/handlers/**"], "handlers live in a process of their own"],
  resources: [
    ["**/resources/**", "!**/engine/resources/**"],
    "resources live in the program's process, and load @pulumi/pulumi",
  ],
  program: [["**/program/**"], "program/ is what users run; nothing imports it"],
  cli: [["**/cli/**"], "cli/ stands on the library, not the other way round"],
  library: [
    ["k2-compose", "**/provider/index.js"],
    "inside, import the file itself: the index loads @pulumi/pulumi",
  ],
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
  layer(
    "provider/compose",
    ["dockerode", "pulumi", "model", "engine", "handlers", "resources", "program", "cli", "library"],
    noEnvironment,
  ),
  layer(
    "provider/model",
    ["dockerode", "pulumi", "engine", "handlers", "resources", "program", "cli", "library"],
    noEnvironment,
  ),
  layer("provider/engine", ["pulumi", "handlers", "resources", "program", "cli", "library"]),
  layer("provider/handlers", ["dockerode", "resources", "program", "cli", "library"], {}, handlerPulumi()),
  layer(
    "provider/resources",
    ["dockerode", "engine", "handlers", "program", "cli", "library"],
    {},
    { paths: [pulumiIndex] },
  ),
  layer("program", ["dockerode", "engine", "handlers", "resources", "cli"], {}, { paths: [pulumiIndex] }),
  layer("runtime", ["dockerode", "engine", "program", "cli"], {}, { paths: [pulumiIndex] }),
  layer("cli", ["dockerode", "pulumi", "handlers", "resources", "program", "library"]),
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "test/fixtures", ".cache", "**/*_pb.ts"] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
    },
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
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
);

function layer(folder, names, rules = {}, { paths = [], patterns = [] } = {}) {
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
