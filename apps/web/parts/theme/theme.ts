import { t } from '@lingui/core/macro';
import { Checkbox, type CSSVariablesResolver, createTheme, type MantineColorsTuple, Menu, Tooltip } from '@mantine/core';

/** Shade 6 carries white text at 6.3:1 in both schemes. */
const accent: MantineColorsTuple = [
  '#EEF2FF',
  '#DCE4FF',
  '#B5C5FF',
  '#8CA4FF',
  '#6485FF',
  '#3F68FF',
  '#1B4DFF',
  '#1440D9',
  '#1035B3',
  '#0B278A',
];

/** Failure and destruction only; shade 6 carries white text. */
const danger: MantineColorsTuple = [
  '#FDECEA',
  '#F9D3CF',
  '#F2A9A2',
  '#FF8A7A',
  '#E0564A',
  '#C93A30',
  '#B3261E',
  '#971F18',
  '#7A1812',
  '#5E110D',
];

export const theme = createTheme({
  colors: { accent, danger },
  primaryColor: 'accent',
  primaryShade: 6,
  white: '#FFFFFF',
  black: '#14181D',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.4', md: '20px', lg: '1.45', xl: '1.3' },
  spacing: { xs: '4px', sm: '8px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '4px', sm: '6px', md: '6px', lg: '6px', xl: '6px' },
  defaultRadius: 'sm',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  shadows: { xs: 'none', sm: 'none', md: 'var(--floating)', lg: 'var(--floating)', xl: 'var(--floating)' },
  respectReducedMotion: true,
  components: {
    // Its placeholder is a focusable element without a role.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false, transitionProps: { duration: 100 } } }),
    // Size sm is below the smallest target of 24 px.
    Checkbox: Checkbox.extend({ defaultProps: { size: 'md' } }),
    Modal: { defaultProps: () => ({ centered: true, transitionProps: { duration: 120 }, closeButtonProps: named() }) },
    Notification: { defaultProps: () => ({ closeButtonProps: named() }) },
    Tooltip: Tooltip.extend({ defaultProps: { events: { hover: true, focus: true, touch: true }, openDelay: 250 } }),
    Button: { defaultProps: { size: 'xs' }, styles: { root: { fontSize: '13px', height: '32px' } } },
    ActionIcon: { defaultProps: { variant: 'subtle', size: 32, color: 'gray' } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', comboboxProps: { shadow: 'md' } } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    NativeSelect: {
      defaultProps: { size: 'xs' },
      styles: { input: { backgroundColor: 'var(--page)', borderColor: 'var(--line-strong)' } },
    },
    NumberInput: { defaultProps: { size: 'xs' } },
    Table: { defaultProps: { borderColor: 'var(--line)' } },
  },
});

/** Of a button that shows a cross alone; asked for at each rendering, in the language of that time. */
function named() {
  return { 'aria-label': t`Close` };
}

const light = {
  '--page': '#FFFFFF',
  '--raised': '#F6F7F9',
  '--line': '#D5DAE1',
  '--line-strong': '#7C8794',
  '--ink': '#14181D',
  '--quiet': '#56606D',
  '--link': '#1440D9',
  '--error': '#B3261E',
  '--own': '#1B4DFF',
  '--lent': '#E5700B',
  '--shared': '#0F4A38',
  '--flex': '#A085CC',
  '--idle': '#D8DDE4',
  '--floating': '0 8px 24px rgb(20 24 29 / 0.16)',
};

const dark: typeof light = {
  '--page': '#0F1216',
  '--raised': '#171C22',
  '--line': '#2B323C',
  '--line-strong': '#6E7986',
  '--ink': '#E6E9EE',
  '--quiet': '#A3ADBA',
  '--link': '#7FBCFF',
  '--error': '#FF8A7A',
  '--own': '#1E9BFF',
  '--lent': '#F0A63C',
  '--shared': '#3F7A66',
  '--flex': '#DDE3FA',
  '--idle': '#2E3641',
  '--floating': '0 8px 24px rgb(0 0 0 / 0.6)',
};

/** Mantine's own names, led back to the colours above: its defaults have too little contrast in 27 places. */
const ofMantine = {
  '--mantine-color-body': 'var(--page)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--quiet)',
  '--mantine-color-placeholder': 'var(--quiet)',
  '--mantine-color-anchor': 'var(--link)',
  '--mantine-color-error': 'var(--error)',
  '--mantine-color-default': 'var(--page)',
  '--mantine-color-default-hover': 'var(--raised)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-disabled': 'var(--raised)',
  '--mantine-color-disabled-color': 'var(--quiet)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-color-accent-text': 'var(--link)',
  '--mantine-color-accent-light': 'color-mix(in srgb, #1B4DFF 14%, var(--page))',
  '--mantine-color-accent-light-hover': 'color-mix(in srgb, #1B4DFF 20%, var(--page))',
  '--mantine-color-accent-light-color': 'var(--link)',
  '--mantine-color-accent-outline': 'var(--link)',
  '--mantine-color-danger-text': 'var(--error)',
  '--mantine-color-danger-light': 'color-mix(in srgb, #B3261E 10%, var(--page))',
  '--mantine-color-danger-light-hover': 'color-mix(in srgb, #B3261E 16%, var(--page))',
  '--mantine-color-danger-light-color': 'var(--error)',
  '--mantine-color-danger-outline': 'var(--error)',
  '--mantine-color-gray-text': 'var(--ink)',
  '--mantine-color-gray-light': 'var(--raised)',
  '--mantine-color-gray-light-hover': 'var(--line)',
  '--mantine-color-gray-light-color': 'var(--ink)',
};

/** Ground and border of fields and of what floats. */
const fieldsInDark = {
  '--mantine-color-dark-4': 'var(--line-strong)',
  '--mantine-color-dark-5': 'var(--line)',
  '--mantine-color-dark-6': 'var(--page)',
  '--mantine-color-dark-7': 'var(--page)',
};

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...light, ...ofMantine, '--mantine-color-gray-4': 'var(--line-strong)' }, // the border of fields
  dark: { ...dark, ...ofMantine, ...fieldsInDark },
});
