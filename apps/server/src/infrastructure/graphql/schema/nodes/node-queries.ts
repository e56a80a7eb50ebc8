import { badInput } from '@cpc-messenger/messenger'
import { nodesAtOnce } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { NodeInterface } from '../root/object-refs.ts'
import { findNode } from './find-node.ts'

builder.queryFields(t => ({
  node: t.field({
    type: NodeInterface,
    nullable: true,
    description: 'The object with this id; null if it does not exist or the viewer may not see it.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of a conversation, message, thread, membership or user.' }),
    },
    resolve: (_root, { id }, { reading }) => findNode(id, reading),
  }),
  nodes: t.field({
    type: [NodeInterface],
    nullable: { list: false, items: true },
    description: 'The objects with these ids; null in the place of each that does not exist or may not be seen.',
    args: { ids: t.arg.idList({ required: true, description: `At most ${nodesAtOnce} ids.` }) },
    resolve: (_root, { ids }, { reading }) => {
      if (ids.length > nodesAtOnce) throw badInput('ids', `ids has at most ${nodesAtOnce} items.`)
      return ids.map(id => findNode(id, reading))
    },
  }),
}))
