const path = require('node:path')
const express = require('express')
const greet = require('./greet')

const app = express()
app.get('/', (request, response) => response.json(greet(request.query.name)))
app.get('/where', (_request, response) => {
  response.json({ file: path.basename(__filename), sameFolder: path.dirname(__filename) === __dirname })
})

module.exports = app
