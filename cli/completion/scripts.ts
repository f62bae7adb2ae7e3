/** Scripts that make a shell call `k2-compose completion --words` for candidates. */

export const scripts = {
  bash: `_k2_compose() {
  local IFS=$'\\n'
  COMPREPLY=($(k2-compose completion --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _k2_compose k2-compose
`,
  zsh: `#compdef k2-compose
_k2_compose() {
  local -a found
  found=("\${(@f)$(k2-compose completion --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[*]}" ]]; then compadd -a found; else _files; fi
}
compdef _k2_compose k2-compose
`,
  fish: `function __k2_compose
  set -l words (commandline -opc) (commandline -ct)
  set -l found (k2-compose completion --words -- $words[2..] 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c k2-compose -f -a '(__k2_compose)'
`,
};
