//! What every `Random` does.

use std::collections::HashSet;

use platform::Random;

/// Runs the whole suite.
pub fn suite(random: &dyn Random) {
    let mut draws = [[0; 100]; 2];
    draws.iter_mut().for_each(|draw| random.fill(draw));
    assert_ne!(draws[0], draws[1]);
    // 100 random bytes hold about 83 different ones; every stretch of the buffer was filled.
    assert!(draws[0].iter().collect::<HashSet<_>>().len() > 50);
    assert!(draws[0].chunks(10).all(|part| part.iter().any(|byte| *byte != 0)));
    random.fill(&mut []);

    let uuids: HashSet<_> = (0..100).map(|_| random.uuid()).collect();
    assert_eq!(uuids.len(), 100);
    assert!(uuids.iter().all(|uuid| uuid.get_version_num() == 4));
}
