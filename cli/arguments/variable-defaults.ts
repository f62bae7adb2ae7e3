/** Options whose default is a variable of docker compose. */
import { absolutePath, projectFolder } from "../../provider/compose/source/discover-files.js";
import { Reader } from "../../provider/compose/source/reader.js";
import {
  addEnvFiles,
  defaultEnvFile,
  isTrue,
  processVariables,
  type Variables,
} from "../../provider/compose/source/variables.js";
import { Problems } from "../../provider/compose/tree/problems.js";
import { K2Error } from "../../provider/shared/errors.js";
import { type GlobalOptions, globalOptions } from "./global-options.js";
import { commanderOption, type Option } from "./option.js";

/**
 * The variables of the process, and those of --env-file, or of the .env file in the project's folder. Mistakes in these
 * files are reported by commands that load the project.
 */
export async function variablesOf(
  { env, cwd }: { env: NodeJS.ProcessEnv; cwd: string },
  { file = [], envFile = [], projectDirectory }: Pick<GlobalOptions, "file" | "envFile" | "projectDirectory">,
): Promise<Variables> {
  const variables = processVariables(env);
  const reader = new Reader(undefined, cwd);
  const listed = envFile.length > 0 ? envFile : (env.COMPOSE_ENV_FILES ?? "").split(",").filter(Boolean);
  const folder = projectFolder(
    file.map((one) => absolutePath(one, cwd)),
    { cwd, projectDirectory },
  );
  const files =
    listed.length > 0
      ? listed.map((one) => absolutePath(one, cwd))
      : await defaultEnvFile(folder, variables, reader);
  await addEnvFiles(variables, files, reader, new Problems());
  return variables;
}

/** Adds the values of variables for options that the command line does not contain. */
export function withVariables<Given extends object>(
  options: Option[],
  given: Given,
  variables: Variables,
): Given {
  const added = options.flatMap((option): [string, unknown][] => {
    const name = commanderOption(option).attributeName();
    const text = option.variable === undefined ? undefined : variables[option.variable];
    if (text === undefined || Reflect.get(given, name) !== undefined) return [];
    const value = valueOf(option, text);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...given, ...Object.fromEntries(added) };
}

function valueOf(option: Option, text: string): unknown {
  if (option.number) {
    if (/^[+-]?\d+$/.test(text)) return Number(text);
    throw new K2Error("usage", `${option.variable} must be an integer (found: "${text}")`);
  }
  if (!option.choices) return isTrue(text) || undefined;
  if (text === "") return undefined;
  if (option.choices.includes(text)) return text;
  throw new K2Error("usage", `${option.variable} is ${JSON.stringify(text)}`, {
    hint: `Possible values: ${option.choices.join(", ")}.`,
  });
}

/** The global options, completed by variables. Throws K2Error for a contradiction, as docker compose does. */
export function withAppearance(given: GlobalOptions, variables: Variables): GlobalOptions {
  const { parallel = 0, ...options } = withVariables(globalOptions, given, variables);
  const { ansi, progress } = options;
  if (progress === "tty" && ansi === "never")
    throw new K2Error("usage", "can't use --progress tty while ANSI support is disabled");
  if (progress === "plain" && ansi === "always")
    throw new K2Error("usage", "can't use --progress plain while ANSI support is forced");
  return {
    ...options,
    ...(parallel > 0 && { parallel }),
    ...(isTrue(variables.COMPOSE_STATUS_STDOUT) && { statusStdout: true }),
  };
}

/** Warnings about variables that docker compose obeys and k2-compose cannot. */
export function unobeyed(variables: Variables, platform: NodeJS.Platform): string[] {
  if (platform !== "win32" || !isTrue(variables.COMPOSE_CONVERT_WINDOWS_PATHS)) return [];
  return ["COMPOSE_CONVERT_WINDOWS_PATHS has no effect: write /c/folder in the file instead of C:\\folder."];
}
