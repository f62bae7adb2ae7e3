/** The part of tar-fs that is used; it brings no types of its own. */
declare module "tar-fs" {
  import type { Readable, Writable } from "node:stream";

  interface Header {
    name: string;
    linkname?: string | null;
    mode: number;
  }
  interface Options {
    /** Changes an entry on its way. */
    map?(header: Header): Header;
    /** Names below the folder; default: all. */
    entries?: string[];
  }
  export function pack(folder: string, options?: Options): Readable;
  export function extract(folder: string, options?: Options): Writable;
}
