import random, os
from tests.rebuild.test_operations import begin, OPERATIONS, LATER, rebuilt_is_the_same # noqa
def test_seeded(begin):
    r = random.Random(int(os.environ.get("SEED","1")))
    names=(*OPERATIONS,*LATER)
    world = rebuilt_is_the_same(begin(), [(r.choice(names), r.randrange(2**16), r.randrange(2**16)) for _ in range(200)])
    print(world.done, world.refused)
