// The menu of ready-made operations, grouped by module.

import { DropdownMenu, pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';

import { examplesByModule, resolveVariables, type Example } from './examples';
import { Chevron } from './icons';

export function ExamplesMenu() {
  const { addTab, stop } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(pick('queryEditor', 'variableEditor'));

  const open = async ({ query, variables }: Example) => {
    const filled = await resolveVariables(variables);
    stop();
    addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(filled);
    queryEditor?.setScrollPosition({ scrollTop: 0, scrollLeft: 0 });
    queryEditor?.focus();
  };

  return (
    <DropdownMenu>
      <DropdownMenu.Button className="weft-button" type="button" data-weft="examples">
        Examples
        <Chevron />
      </DropdownMenu.Button>
      <DropdownMenu.Content className="weft-menu">
        {[...examplesByModule].map(([module, examples]) => (
          <div key={module} role="group" aria-label={module}>
            <div className="weft-menu-label">{module}</div>
            {examples.map((example) => (
              <DropdownMenu.Item key={example.id} data-example={example.id} onSelect={() => void open(example)}>
                {example.title}
              </DropdownMenu.Item>
            ))}
          </div>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
