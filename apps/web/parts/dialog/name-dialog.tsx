import { useState } from 'react';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { NameField } from '#web/parts/dialog/name-field';

interface NameDialogProps<Result> {
  close(): void;
  /** Verb and noun, such as "Create project". */
  verb: string;
  act(name: string): Promise<Result>;
  /** The verb in the past, with the name. */
  done(name: string): string;
  after(result: Result): void;
}

/** Makes something of which a name is all that is needed. */
export function NameDialog<Result>({ close, verb, act, done, after }: NameDialogProps<Result>) {
  const [name, setName] = useState('');
  const acting = useAct<void, Result>({ act: () => act(name.trim()), done: done(name), isInForm: true, after });
  return (
    <FormDialog close={close} title={verb} verb={verb} act={acting}>
      <NameField name={name} change={setName} isFirst />
    </FormDialog>
  );
}
