"""Past one machine, with Ray: recognition by Ray Serve, and folders of any size by Ray Data.

Only these modules import ray, which ``requirements-ray.txt`` brings.
"""
