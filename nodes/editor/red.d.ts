/** The part of Node-RED's editor that this package calls, as 4.1 and 5 have it. */
declare const RED: {
  nodes: {
    registerType<N extends EditorNode>(type: string, definition: NodeDefinition<N>): void;
    node(id: string): EditorNode | null;
    /** Whether something waits for a deploy. */
    dirty(): boolean;
    dirty(value: boolean): void;
  };
  history: {
    push(event: {
      t: "edit";
      node: EditorNode;
      changes: Record<string, unknown>;
      changed: unknown;
      dirty: boolean;
    }): void;
  };
  events: { emit(event: string, node: EditorNode): void; on(event: "deploy", act: () => void): void };
  editor: {
    createEditor(options: TextEditorOptions): TextEditor;
    validateNode(node: EditorNode): void;
  };
  tabs: {
    create(options: { element: JQuery; onchange(tab: { id: string }): void }): {
      addTab(tab: { id: string; label: string }): void;
      activateTab(id: string): void;
    };
  };
  plugins: {
    registerPlugin(id: string, definition: object): void;
    getPlugin(id: string): object | undefined;
  };
  validators: {
    typedInput(typeProperty: string): Validator;
  };
  sidebar: {
    addTab(tab: SidebarTab): void;
  };
  comms: {
    subscribe(topic: string, take: (topic: string, data: unknown) => void): void;
    on(event: "connect", act: () => void): void;
  };
  user: { hasPermission(permission: string): boolean };
  utils: { getNodeLabel(node: EditorNode, otherwise: string): string };
  view: { reveal(id: string): void };
  clipboard: { copyText(text: string): boolean };
  i18n: { lang(): string };
  notify(message: string | HTMLElement, type: "error" | "warning" | "success"): void;
  _(key: string, values?: Record<string, unknown>): string;
};

interface SidebarTab {
  id: string;
  label: string;
  name: string;
  iconClass: string;
  content: HTMLElement;
  enableOnEdit: boolean;
  onchange(): void;
}

interface EditorNode {
  id: string;
  name: string;
  /** What its type was registered with. */
  _def: { defaults: Record<string, NodeProperty> };
  _(key: string, values?: Record<string, unknown>): string;
  [property: string]: unknown;
}

/** Node-RED takes a string as the reason of a fault only from a function that declares two parameters. */
type Validator = (this: EditorNode, value: unknown, options: unknown) => boolean | string;

interface NodeProperty {
  value: unknown;
  type?: string;
  required?: boolean;
  label?: string;
  validate?: Validator;
}

interface NodeDefinition<N extends EditorNode> {
  category: string;
  color?: string;
  icon?: string;
  defaults: Record<string, NodeProperty>;
  credentials?: Record<string, { type: "text" | "password" }>;
  inputs?: number;
  outputs?: number;
  inputLabels?: string | ((this: N, port: number) => string);
  outputLabels?: string | ((this: N, port: number) => string);
  paletteLabel?: string | ((this: N) => string);
  label(this: N): string;
  labelStyle?(this: N): string;
  oneditprepare?(this: N): void;
  oneditsave?(this: N): void;
  oneditcancel?(this: N): void;
  oneditresize?(this: N, size: { width: number; height: number }): void;
}

/** What Node-RED's options do not name is handed to Monaco. */
interface TextEditorOptions {
  element: HTMLElement;
  mode: string;
  value: string;
  minimap?: { enabled: boolean };
  inlineSuggest?: { enabled: boolean };
  folding?: boolean;
}

interface TextEditor {
  getValue(): string;
  setValue(value: string): void;
  getSession(): { on(event: "change", handle: () => void): void };
  resize(): void;
  destroy(): void;
}

interface TypedInputType {
  value: string;
  label: string;
  icon?: string;
  placeholder?: string;
  /** A choice among these, of several where `multiple`: their values with commas between. */
  options?: { value: string; label: string }[];
  multiple?: boolean;
  /** `false`: the choice says all. */
  hasValue?: boolean;
}

interface JQuery {
  typedInput(options: { default: string; types: (string | TypedInputType)[]; typeField?: string | JQuery }): this;
  typedInput(method: "value", value: string): this;
  typedInput(method: "value"): unknown;
  i18n(): this;
}
