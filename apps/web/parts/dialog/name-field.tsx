import { useLingui } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';

const MAX_NAME_CHARACTERS = 120;

interface NameFieldProps {
  name: string;
  change(name: string): void;
  description?: string;
  /** The dialog opens with the cursor in it. */
  isFirst?: boolean;
}

/** What something or somebody is called. */
export function NameField({ name, change, description, isFirst }: NameFieldProps) {
  const { t } = useLingui();
  return (
    <TextInput
      label={t`Name`}
      description={description}
      required
      maxLength={MAX_NAME_CHARACTERS}
      data-autofocus={isFirst || undefined}
      value={name}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}
