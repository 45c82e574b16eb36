const app = require('./app')

if (require.main === module) {
  app.listen(process.env.PORT || 3000)
}

module.exports = app
