/** One attachment: looked at, saved, renamed, put elsewhere, deleted. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { ConfirmDialog } from '../ui/ConfirmDialog';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormError } from '../ui/FormError';
import { Icon } from '../ui/Icon';
import { Time } from '../ui/Time';
import { useSubmit } from '../ui/useSubmit';
import type { Attachment } from './AttachmentsCard';
import { useAttachmentActions } from './useAttachmentActions';
import type { AttachmentActions } from './useAttachmentActions';
import { usePicture } from './usePicture';
import { sizeText } from './sizeText';

interface AttachmentDialogProps {
  attachment: Attachment;
  /** All of its kind, in their order. */
  alike: readonly Attachment[];
  mayWrite: boolean;
  onOpen: (id: string) => void;
  onClose: () => void;
}

export function AttachmentDialog(props: AttachmentDialogProps): ReactElement {
  const { attachment, onClose } = props;
  const actions = useAttachmentActions(attachment);
  const [isAsking, setAsking] = useState(false);
  const [renamings, setRenamings] = useState(0); // after one, nothing is left to be lost
  if (isAsking) {
    return (
      <ConfirmDialog
        title={t`Delete ${attachment.name}?`}
        action={t`Delete`}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          await actions.remove();
          onClose();
        }}
      >
        <p><Trans>It is gone from this item for everybody, and cannot be brought back.</Trans></p>
      </ConfirmDialog>
    );
  }
  return (
    <Dialog key={renamings} title={attachment.name} onClose={onClose} wide>
      <Content
        {...props}
        actions={actions}
        onDelete={() => setAsking(true)}
        onRenamed={() => setRenamings((before) => before + 1)}
      />
    </Dialog>
  );
}

interface ContentProps extends AttachmentDialogProps {
  actions: AttachmentActions;
  onDelete: () => void;
  onRenamed: () => void;
}

function Content(props: ContentProps): ReactElement {
  const { attachment, alike, mayWrite, actions, onOpen, onDelete, onRenamed } = props;
  const save = useSubmit(actions.save);
  const place = { alike, index: alike.findIndex(({ id }) => id === attachment.id) };
  return (
    <div className="attachment">
      {attachment.kind === 'PICTURE' && <LargePicture attachment={attachment} />}
      {alike.length > 1 && <Paging {...place} onOpen={onOpen} />}
      <p className="muted">
        <Facts attachment={attachment} />
      </p>
      <div className="attachment-actions">
        <button
          type="button"
          className="button"
          data-autofocus
          disabled={save.busy}
          onClick={() => void save.run()}
        >
          <Icon name="receive" />
          <Trans>Save</Trans>
        </button>
        {mayWrite && (
          <button type="button" className="button" onClick={onDelete}>
            <Icon name="trash" />
            <Trans>Delete</Trans>
          </button>
        )}
      </div>
      <FormError error={save.error} />
      {mayWrite && <Places {...place} actions={actions} />}
      {mayWrite && (
        <NameForm
          key={attachment.id}
          attachment={attachment}
          actions={actions}
          onRenamed={onRenamed}
        />
      )}
    </div>
  );
}

function Facts({ attachment }: { attachment: Attachment }): ReactElement {
  const { width, height, user, createdAt } = attachment;
  const size = sizeText(attachment.size);
  const facts = width === null || height === null ? size : t`${width} × ${height} pixels, ${size}`;
  return user === null ? (
    <Trans>{facts}, <Time at={createdAt} /></Trans>
  ) : (
    <Trans>{facts}, by {user.name}, <Time at={createdAt} /></Trans>
  );
}

function LargePicture({ attachment }: { attachment: Attachment }): ReactElement {
  const { src, failed } = usePicture(attachment.url);
  const { width, height } = attachment;
  return (
    <div className="large-picture">
      {src !== null && (
        <img
          src={src}
          alt={attachment.name}
          width={width ?? undefined}
          height={height ?? undefined}
        />
      )}
      {failed && <p role="alert"><Trans>This picture cannot be loaded now.</Trans></p>}
    </div>
  );
}

interface PlaceProps {
  index: number;
  alike: readonly Attachment[];
}

function Paging(props: PlaceProps & { onOpen: (id: string) => void }): ReactElement {
  const { index, alike, onOpen } = props;
  const to = (step: number): string | undefined => alike[index + step]?.id;
  const button = (step: number, label: string): ReactElement => {
    const id = to(step);
    return (
      <button
        type="button"
        className="button button--small"
        disabled={id === undefined}
        onClick={() => id !== undefined && onOpen(id)}
      >
        {label}
      </button>
    );
  };
  return (
    <div className="attachment-actions" role="group" aria-label={t`Others of this item`}>
      {button(-1, t`Previous`)}
      <span className="muted" aria-live="polite">
        <Trans>{index + 1} of {alike.length}</Trans>
      </span>
      {button(1, t`Next`)}
    </div>
  );
}

function Places(props: PlaceProps & { actions: AttachmentActions }): ReactElement | null {
  const { index, alike, actions } = props;
  const { run, busy, error } = useSubmit(actions.move);
  if (alike.length < 2) return null;
  const isPicture = alike[0]?.kind === 'PICTURE';
  const button = (position: number, label: string): ReactElement => (
    <button
      type="button"
      className="button button--small"
      disabled={busy || position < 0 || position >= alike.length || position === index}
      onClick={() => void run(position)}
    >
      {label}
    </button>
  );
  return (
    <>
      <div className="attachment-actions" role="group" aria-label={t`Its place`}>
        {button(0, isPicture ? t`Make it the main picture` : t`Put it first`)}
        {button(index - 1, t`Earlier`)}
        {button(index + 1, t`Later`)}
      </div>
      <FormError error={error} />
    </>
  );
}

interface NameFormProps {
  attachment: Attachment;
  actions: AttachmentActions;
  onRenamed: () => void;
}

function NameForm({ attachment, actions, onRenamed }: NameFormProps): ReactElement {
  const [name, setName] = useState(attachment.name);
  const { run, busy, error } = useSubmit(async () => {
    await actions.rename(name);
    onRenamed();
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Field label={t`Name`}>
        {(ids) => (
          <input
            {...ids}
            className="input"
            value={name}
            maxLength={200}
            required
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <FormError error={error} />
      <button
        type="submit"
        className="button"
        disabled={busy || name.trim() === '' || name === attachment.name}
      >
        <Trans>Rename</Trans>
      </button>
    </form>
  );
}
