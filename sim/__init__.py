"""PyBullet worlds and the Gymnasium environments; importing it registers their ids."""

import gymnasium

gymnasium.register("twinarm/DofbotGrasp-v0", "sim.grasp_env:GraspEnv", kwargs={"arm": "dofbot"})
gymnasium.register(
    "twinarm/DofbotGraspDepth-v0", "sim.depth_env:DepthGraspEnv", kwargs={"arm": "dofbot"}
)
