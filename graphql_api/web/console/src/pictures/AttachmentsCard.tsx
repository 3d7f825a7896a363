/** An item's pictures and other files: to look at, and to add by file, camera or drop. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useCallback, useState } from 'react';
import type { DragEvent, ReactElement } from 'react';

import type { Item } from '../../../client';
import { ItemAttachmentsDocument } from '../../../client/generated/graphql';
import type { AttachmentFieldsFragment } from '../../../client/generated/graphql';
import { usePermissions } from '../session/SessionContext';
import { Card } from '../ui/Card';
import { Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { AddButtons } from './AddButtons';
import { AttachmentDialog } from './AttachmentDialog';
import { FileList } from './FileList';
import { PictureStrip } from './PictureStrip';
import './pictures.css';
import { UploadList } from './UploadList';
import { useAttachmentChanges } from './useAttachmentChanges';
import { useUploads } from './useUploads';

export type Attachment = AttachmentFieldsFragment;

export function AttachmentsCard({ item }: { item: Item }): ReactElement | null {
  const { mayWrite } = usePermissions();
  const { data, error, refetch } = useQuery(ItemAttachmentsDocument, {
    variables: { id: item.id },
    fetchPolicy: 'cache-and-network',
  });
  const reload = useCallback(() => refetch(), [refetch]);
  useAttachmentChanges([item.id], reload);
  const loadAgain = useLoadAgain(error, refetch);
  const limits = data?.attachmentLimits;
  const uploads = useUploads(item.id, limits?.bytesMax ?? Infinity, reload);
  const [openId, setOpenId] = useState<string | null>(null);
  const attachments = data?.item?.attachments ?? [];
  const open = attachments.find(({ id }) => id === openId) ?? null;
  const pictures = attachments.filter(({ kind }) => kind === 'PICTURE');
  const files = attachments.filter(({ kind }) => kind === 'FILE');
  const mayAdd = mayWrite && limits?.isOn === true && item.deletedAt === null;
  const isFull = limits !== undefined && attachments.length >= limits.perItemMax;
  if (data && attachments.length === 0 && !mayAdd) return null;
  return (
    <DropZone enabled={mayAdd && !isFull} onFiles={uploads.add}>
      <Card
        title={t`Pictures and files`}
        actions={mayAdd && <AddButtons isFull={isFull} onFiles={uploads.add} />}
      >
        {data && <Outdated error={error} retry={loadAgain} />}
        {!data && error && <Failed error={error} retry={loadAgain} />}
        {!data && !error && <Loading rows={2} label={t`Loading pictures and files`} />}
        <PictureStrip pictures={pictures} onOpen={setOpenId} />
        <FileList files={files} onOpen={setOpenId} />
        <UploadList uploads={uploads} />
        {data && attachments.length === 0 && uploads.list.length === 0 && (
          <p className="muted"><Trans>None yet. Drop a picture here, or choose one.</Trans></p>
        )}
        {isFull && mayAdd && (
          <p className="muted">
            <Trans>An item has at most {limits.perItemMax} pictures and files.</Trans>
          </p>
        )}
      </Card>
      {open && (
        <AttachmentDialog
          attachment={open}
          alike={open.kind === 'PICTURE' ? pictures : files}
          mayWrite={mayWrite && item.deletedAt === null}
          onOpen={setOpenId}
          onClose={() => setOpenId(null)}
        />
      )}
    </DropZone>
  );
}

interface DropZoneProps {
  enabled: boolean;
  onFiles: (files: Iterable<File>) => void;
  children: React.ReactNode;
}

/** Takes files that are dragged onto it from outside the page. */
function DropZone({ enabled, onFiles, children }: DropZoneProps): ReactElement {
  const [isOver, setOver] = useState(false);
  const bringsFiles = (event: DragEvent): boolean =>
    enabled && event.dataTransfer.types.includes('Files');
  return (
    <div
      className={isOver ? 'drop-zone drop-zone--over' : 'drop-zone'}
      onDragOver={(event) => {
        if (!bringsFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node && event.currentTarget.contains(to))) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        if (!bringsFiles(event)) return;
        event.preventDefault();
        onFiles(event.dataTransfer.files);
      }}
    >
      {children}
    </div>
  );
}
