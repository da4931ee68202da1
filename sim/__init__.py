"""PyBullet worlds and the Gymnasium environments; importing it registers their ids."""

import gymnasium

for _title, _arm in (("Dofbot", "dofbot"), ("UR5", "ur5")):
    gymnasium.register(f"twinarm/{_title}Grasp-v0", "sim.grasp_env:GraspEnv", kwargs={"arm": _arm})
    gymnasium.register(
        f"twinarm/{_title}GraspDepth-v0", "sim.depth_env:DepthGraspEnv", kwargs={"arm": _arm}
    )
