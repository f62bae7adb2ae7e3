import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTemplate } from "../../../cli/terminal/template/parse-template.js";
import { templateFrom } from "../../../cli/terminal/template/render.js";
import { timeAgo } from "../../../cli/terminal/time-ago.js";

const record = {
  Name: "shop-web-1",
  Status: "Up 2 hours",
  ExitCode: 0,
  Labels: "team=a",
  Label: (name: string) => ({ team: "a" })[name] ?? "",
  Publishers: [
    { URL: "0.0.0.0", PublishedPort: 80 },
    { URL: "::", PublishedPort: 81 },
  ],
  Empty: [],
};

const rendered = (template: string) => templateFrom(parseTemplate(template))(record);

/** Templates, and the output of Go 1.25's text/template with docker's functions. */
const examples: [template: string, text: string][] = [
  ["plain", "plain"],
  ["{{.Name}}: {{ .Status }}", "shop-web-1: Up 2 hours"],
  ["a {{- .Name -}} b", "ashop-web-1b"],
  ["{{/* nothing */}}x", "x"],
  ['{{.Label "team"}} {{ .Label `none` }}.', "a ."],
  ["{{upper .Name}} {{.Name | upper | lower}}", "SHOP-WEB-1 shop-web-1"],
  ["{{title .Status}}", "Up 2 Hours"],
  ['{{index (split .Name "-") 1}}', "web"],
  ['{{join (split .Name "-") "+"}}', "shop+web+1"],
  ["{{truncate .Name 4}}|{{pad .Name 1 2}}|", "shop| shop-web-1  |"],
  ["{{json .Name}} {{json .Empty}}", '"shop-web-1" []'],
  ['{{printf "%-12s|%4d|%q" .Name .ExitCode .Labels}}', 'shop-web-1  |   0|"team=a"'],
  ["{{if .Empty}}some{{else if eq .ExitCode 0 1}}well{{else}}ill{{end}}", "well"],
  ["{{if and .Name (not .ExitCode)}}yes{{end}}", "yes"],
  ["{{range .Publishers}}{{.PublishedPort}} {{$.Name}};{{end}}", "80 shop-web-1;81 shop-web-1;"],
  ["{{range .Empty}}x{{else}}none{{end}}", "none"],
  ["{{(index .Publishers 1).URL}} {{len .Publishers}} {{len .Name}}", ":: 2 10"],
  ["{{.Publishers}}", "[{0.0.0.0 80} {:: 81}]"],
  ['{{"}}"}}', "}}"],
  ['{{print "a" "b"}}{{println .ExitCode}}', "ab0\n"],
];

describe("templates of --format", () => {
  for (const [template, text] of examples)
    it(`must be rendered as by Go: ${template}`, () => assert.equal(rendered(template), text));

  it("must print values of engines on one line, and exact values as JSON", () => {
    const Name = "a\nb\tc\u001b[2J\u202e";
    const hostile = { Name, Label: () => Name, Names: [Name] };
    const print = (template: string) => templateFrom(parseTemplate(template))(hostile);
    for (const template of [
      "{{.Name}}",
      '{{.Label "x"}}',
      '{{join .Names "+"}}',
      "{{range .Names}}{{.}}{{end}}",
    ])
      assert.equal(print(template), "a b c", template);
    const exact = '"a\\nb\\tc\\u001b[2J\\u202e"';
    for (const template of ["{{json .Name}}", "{{.Name | json}}", '{{json (.Label "x")}}'])
      assert.equal(print(template), exact, template);
    assert.equal(print('{{json .}} {{join .Names "\\n"}}'), `{"Name":${exact},"Names":[${exact}]} a b c`);
  });

  it("must be refused with a suggestion", () => {
    const wrong: [template: string, message: RegExp][] = [
      ["{{.Nmae}}", /no such field: Nmae[\s\S]*Available: .*Name/],
      ["{{uper .Name}}", /no such function: uper[\s\S]*upper/],
      ["{{.Name", /not closed/],
      ["{{if .Name}}x", /missing \{\{end\}\}/],
      ["{{end}}", /unexpected \{\{end/],
      ["{{$x := .Name}}", /not supported|cannot parse/],
      ["{{.Name | }}", /is empty/],
      ["{{(.Name}}", /not closed/],
      ["{{.Name .Status}}", /takes no arguments/],
      ["{{with .Name}}x{{end}}", /no such function: with|unexpected/],
      ['{{printf "%x" 3}}', /not %x/],
    ];
    for (const [template, message] of wrong) assert.throws(() => rendered(template), message, template);
  });
});

describe("how long ago", () => {
  it("must be printed as docker does", () => {
    const output = [
      0.4, 1, 59, 61, 150, 3599, 3700, 5000, 5500, 170_000, 180_000, 1_300_000, 5_000_000, 6_000_000,
      70_000_000,
    ];
    assert.deepEqual(
      output.map((seconds) => timeAgo(seconds * 1000)),
      [
        ...["Less than a second", "1 second", "59 seconds", "About a minute", "2 minutes", "59 minutes"],
        ...[
          "About an hour",
          "About an hour",
          "2 hours",
          "47 hours",
          "2 days",
          "2 weeks",
          "8 weeks",
          "2 months",
          "2 years",
        ],
      ].map((text) => `${text} ago`),
    );
  });
});
