import { Inject } from '@nestjs/common';
import { CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  BeginBehaviourImport,
  EndBehaviourImport,
  ImportBehaviourChunk,
  ListOpenImports,
} from '../behaviour/behaviour.commands.js';
import { Recording } from '../behaviour/recording.js';
import type { Ports } from '../ports.js';
import { PORTS } from '../tokens.js';
import { beginBehaviourImport, endBehaviourImport, listOpenImports } from './behaviour-imports.js';
import { importBehaviourChunk } from './import-behaviour-chunk.js';

@CommandHandler(BeginBehaviourImport)
export class BeginBehaviourImportHandler implements ICommandHandler<BeginBehaviourImport> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: BeginBehaviourImport) {
    return beginBehaviourImport(this.ports, command);
  }
}

@CommandHandler(ImportBehaviourChunk)
export class ImportBehaviourChunkHandler implements ICommandHandler<ImportBehaviourChunk> {
  constructor(@Inject(Recording) private readonly recording: Recording) {}

  execute(command: ImportBehaviourChunk) {
    return importBehaviourChunk(this.recording, command);
  }
}

@CommandHandler(EndBehaviourImport)
export class EndBehaviourImportHandler implements ICommandHandler<EndBehaviourImport> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: EndBehaviourImport) {
    return endBehaviourImport(this.ports, command);
  }
}

@QueryHandler(ListOpenImports)
export class ListOpenImportsHandler implements IQueryHandler<ListOpenImports> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(query: ListOpenImports) {
    return listOpenImports(this.ports, query);
  }
}
