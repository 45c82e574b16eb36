module.exports = name => ({ greeting: `hello ${name || 'stranger'}` })
