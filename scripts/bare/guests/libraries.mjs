// Runs in the bare root: asks the system's loader for each library named, and prints what it says.
const said = process.argv.slice(2).map((library) => {
  try {
    process.dlopen({ exports: {} }, library)
    return 'opened'
  } catch (error) {
    return error.message
  }
})
console.log(JSON.stringify(said))
