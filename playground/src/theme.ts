// Our colours in the editor. The names are GraphiQL's own, so that its theme
// switch finds ours; the colours of the page around it are in `style.css`.

type Data = {
  base: 'vs' | 'vs-dark';
  inherit: boolean;
  colors: Record<string, string>;
  rules: { token: string; foreground: string }[];
};

const light = editorTheme('vs', { accent: '#0b7267', panel: '#ffffff', faint: '#33495012', bracket: '#5b6f78' }, {
  keyword: '7c3a87',
  field: '14606f',
  argument: '8a5a06',
  text: '3a6b1f',
  number: 'a3461c',
  comment: '71838a',
});

const dark = editorTheme('vs-dark', { accent: '#5fd0bf', panel: '#17212a', faint: '#bccbd412', bracket: '#9fb0ba' }, {
  keyword: 'd8a3e2',
  field: '7fc9dc',
  argument: 'e6bd6e',
  text: 'a9d18b',
  number: 'f0a27a',
  comment: '7c8f99',
});

export const editorThemes: [string, Data][] = [
  ['graphiql-LIGHT', light],
  ['graphiql-DARK', dark],
];

type Chrome = { accent: string; panel: string; faint: string; bracket: string };
type Syntax = Record<'keyword' | 'field' | 'argument' | 'text' | 'number' | 'comment', string>;

function editorTheme(base: Data['base'], { accent, panel, faint, bracket }: Chrome, syntax: Syntax): Data {
  const tint = `${accent}22`;
  return {
    base,
    inherit: true,
    colors: {
      // One colour for all brackets: in a query, indentation says the same.
      ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((depth) => [`editorBracketHighlight.foreground${depth}`, bracket])),
      'editor.background': '#ffffff00',
      'editorLineNumber.foreground': `#${syntax.comment}99`,
      'editorLineNumber.activeForeground': `#${syntax.comment}`,
      'scrollbar.shadow': '#ffffff00',
      'textLink.foreground': accent,
      'textLink.activeForeground': accent,
      'editorLink.activeForeground': accent,
      'editorHoverWidget.background': panel,
      'list.hoverBackground': tint,
      'list.highlightForeground': accent,
      'list.focusHighlightForeground': accent,
      'menu.background': panel,
      'editorSuggestWidget.background': panel,
      'editorSuggestWidget.selectedBackground': tint,
      'editorSuggestWidget.selectedForeground': accent,
      'quickInput.background': panel,
      'quickInputList.focusForeground': accent,
      'quickInputList.focusBackground': tint,
      'editorWidget.background': panel,
      'editorWidget.resizeBorder': accent,
      'input.background': faint,
      focusBorder: accent,
      'toolbar.hoverBackground': tint,
      'inputOption.hoverBackground': tint,
      'pickerGroup.foreground': accent,
      'menu.selectionBackground': tint,
      'menu.selectionForeground': accent,
    },
    rules: [
      { token: 'keyword.gql', foreground: syntax.keyword },
      { token: 'type.identifier.gql', foreground: syntax.field },
      { token: 'key.identifier.gql', foreground: syntax.field },
      { token: 'argument.identifier.gql', foreground: syntax.argument },
      { token: 'string.gql', foreground: syntax.text },
      { token: 'number.gql', foreground: syntax.number },
      { token: 'comment.gql', foreground: syntax.comment },
      { token: 'string.key.json', foreground: syntax.field },
      { token: 'string.value.json', foreground: syntax.text },
      { token: 'number.json', foreground: syntax.number },
      { token: 'keyword.json', foreground: syntax.keyword },
    ],
  };
}
