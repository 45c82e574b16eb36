import { DataTypes, Sequelize } from 'sequelize'

// Sequelize requires the driver of its dialect here, by a name that it computes; nothing connects yet.
const db = new Sequelize({ dialect: 'postgres' })
const Flower = db.define('Flower', { name: DataTypes.STRING })

export default function handle(): Response {
  const sql = (
    db.getQueryInterface().queryGenerator as { selectQuery(table: string, options: object): string }
  ).selectQuery(Flower.tableName, { attributes: ['name'] })
  return Response.json({ sql })
}
