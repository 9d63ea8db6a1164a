import { Inject } from '@nestjs/common';
import { CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Ports } from '../ports.js';
import { PORTS } from '../tokens.js';
import { CompleteImport, ListCompletedImports } from './import.commands.js';
import { completeImport, listCompletedImports } from './imports.js';

@CommandHandler(CompleteImport)
export class CompleteImportHandler implements ICommandHandler<CompleteImport> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: CompleteImport) {
    return completeImport(this.ports, command);
  }
}

@QueryHandler(ListCompletedImports)
export class ListCompletedImportsHandler implements IQueryHandler<ListCompletedImports> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(query: ListCompletedImports) {
    return listCompletedImports(this.ports, query);
  }
}
