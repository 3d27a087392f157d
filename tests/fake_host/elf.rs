//! Whether a program brings everything with it: the image's C library is older than that of build machines.

/// Reads as much of an ELF file (64 bit, little endian) as tells whether it asks for an interpreter.
///
/// The error says why it is no such file.
pub fn is_static(program: &[u8]) -> Result<bool, &'static str> {
    const INTERPRETER: u32 = 3;
    if program.get(..6) != Some(b"\x7fELF\x02\x01".as_slice()) {
        return Err("not an ELF file of 64 bit");
    }
    let table = usize::try_from(number::<8>(program, 32)?).map_err(|_| "a broken header")?;
    let size = usize::try_from(number::<2>(program, 54)?).map_err(|_| "a broken header")?;
    let count = usize::try_from(number::<2>(program, 56)?).map_err(|_| "a broken header")?;
    for entry in 0..count {
        if number::<4>(program, table + entry * size)? == u64::from(INTERPRETER) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn number<const N: usize>(program: &[u8], at: usize) -> Result<u64, &'static str> {
    let bytes = program.get(at..at + N).ok_or("a truncated file")?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
