const live = process.stdout.isTTY;
const everyMs = live ? 120 : 15_000;

/** An error that the user can fix: printed as one sentence, without a stack trace. */
export class SetupError extends Error {}

/**
 * Prints one line for a step of a script: its title, the result of `work`, and the elapsed time. `work` receives a
 * function that reports progress: drawn in place on a terminal, printed as an occasional line otherwise.
 */
export async function step(title, work) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  let text = "";
  const draw = () => {
    if (live)
      process.stdout.write(`\r\x1b[2K${line(title, text, seconds()).slice(0, process.stdout.columns - 1)}`);
    else if (text) console.log(line(title, `… ${text}`, seconds()));
  };
  const timer = setInterval(draw, everyMs);
  const clear = () => {
    clearInterval(timer);
    if (live) process.stdout.write("\r\x1b[2K");
  };
  try {
    const { detail, value } = asResult(await work((progress) => (text = progress)));
    clear();
    console.log(line(title, detail, seconds()));
    return value;
  } catch (error) {
    clear();
    console.log(line(title, "failed", seconds()));
    throw error;
  }
}

/** Runs a script, prints its error once and sets the exit code. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : (error.stack ?? String(error)));
    process.exitCode = 1;
  }
}

function asResult(result) {
  return typeof result === "string" ? { detail: result } : result;
}

function line(title, detail, time) {
  return `${title.padEnd(16)} ${detail.padEnd(68)} ${time.padStart(7)}`;
}
