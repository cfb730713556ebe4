import { useLingui } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';

interface TypedName {
  field: ReactNode;
  /** Says that the name is not typed, when it was tried without. */
  refusal: Error | null;
  /** Acts if the name was typed as it is written. */
  confirm(act: () => void): void;
}

/** Asks for a name to be typed before what cannot be done by a slip of the hand. */
export function useTypedName(name: string): TypedName {
  const { t } = useLingui();
  const [typed, setTyped] = useState('');
  const [refusal, setRefusal] = useState<Error | null>(null);
  return {
    refusal,
    confirm: (act) => {
      const isTyped = name !== '' && typed === name;
      setRefusal(isTyped ? null : new Error(t`Type the name exactly as it is written.`));
      if (isTyped) act();
    },
    field: name !== '' && (
      <TextInput
        label={t`Type ${name} to confirm`}
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        autoComplete="off"
      />
    ),
  };
}
