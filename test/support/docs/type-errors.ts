import { join } from "node:path";
import ts from "typescript";
import { checkout } from "../scripts.js";

/** Compiles a program in memory as a file of this checkout, against the types of the package, and returns the errors. */
export function typeErrors(program: string): string[] {
  const name = join(checkout, "examples/program.ts");
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: ["node"], target: ts.ScriptTarget.ES2022 },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists.call(host, file);
  host.getSourceFile = (file, language, ...rest) =>
    file === name
      ? ts.createSourceFile(file, program, language)
      : getSourceFile.call(host, file, language, ...rest);
  const errors = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host));
  return errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
